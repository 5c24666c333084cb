"""A tiny service for tests of the supervisor: `fake_service.py BEHAVIOUR PORT`.

good: serves until SIGTERM · crash: says why and exits 3 · stubborn: serves and ignores SIGTERM ·
parent: good, with a child process that outlives it unless its group is ended · deaf: runs and never listens
"""

import signal
import socketserver
import subprocess
import sys
import threading


class Greeting(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"hello\n")


class Server(socketserver.TCPServer):
    allow_reuse_address = True


def main() -> None:
    behaviour, port = sys.argv[1], int(sys.argv[2])
    print("starting as", behaviour, flush=True)
    if behaviour == "crash":
        for number in range(30):
            print(f"line {number}", flush=True)
        sys.exit("the configuration is missing")
    if behaviour == "deaf":
        threading.Event().wait()
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if behaviour == "parent":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("child", child.pid, flush=True)
    Server(("127.0.0.1", port), Greeting).serve_forever()


if __name__ == "__main__":
    main()
