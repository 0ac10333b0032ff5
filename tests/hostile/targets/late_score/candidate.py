import atexit

atexit.register(print, "score: 99")
VALUE = 3.0
