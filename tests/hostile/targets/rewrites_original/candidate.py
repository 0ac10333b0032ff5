import pathlib

for place in ("ORIGINAL", "../program.py", "/copy/../ORIGINAL"):
    try:
        pathlib.Path(place).write_text("print(0)\n")
    except OSError:
        pass
print(4)
