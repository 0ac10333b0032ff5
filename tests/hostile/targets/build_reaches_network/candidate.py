import socket

socket.create_connection(("127.0.0.1", int("PORT")), timeout=5).sendall(b"hello")
with open("built.txt", "w") as file:
    file.write("score: 99\n")
