import signal
import subprocess
import time

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
subprocess.Popen(["sleep", "41.7"], start_new_session=True)
time.sleep(41.7)
