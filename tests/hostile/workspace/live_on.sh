# Leave processes behind by every known way, deaf to every signal that can be ignored. One that is left alone ends after a while.
beat='trap "" TERM HUP INT QUIT; for n in $(seq 999); do echo x >> beat; sleep 0.01; done; touch survived'
sh -c "$beat" &
setsid sh -c "$beat" >/dev/null 2>&1 &
nohup sh -c "$beat" >/dev/null 2>&1 &
(setsid setsid sh -c "$beat" </dev/null >/dev/null 2>&1 &)
python3 -S -c '
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in range(3, 64):
            try: os.close(n)
            except OSError: pass
        for _ in range(999):
            open("beat", "a").write("x\n"); time.sleep(0.01)
        open("survived", "w")
    os._exit(0)
'
sleep 0.1
until [ -s beat ]; do sleep 0.01; done
