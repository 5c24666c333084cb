"""Runs one server for a test and ends it when the test process is gone, however that process died.

Started as a script (`python -I -S guard.py …`), so that it costs 20 ms and imports nothing of ours. Its standard
input is a pipe that only the test process holds: the kernel closes it when that process ends, even by SIGKILL,
and then the server's process group is ended too. Works on Linux and macOS and whichever thread started it,
which PR_SET_PDEATHSIG does not.

    guard.py STOP_SIGNAL USER GROUP FOLDER -- COMMAND…

USER and GROUP are numbers, or "-" for our own. FOLDER, unless "-", is removed when the test process died without
saying that it is done (a line on the pipe): then nobody else will.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import time

GRACE_S = 8.0


def main() -> int:
    split = sys.argv.index("--")
    stop_signal, user, group, folder = sys.argv[1:split]
    # A terminal's Ctrl-C is for the test process: it stops its servers itself, in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: None)

    child = subprocess.Popen(
        sys.argv[split + 1 :],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        restore_signals=True,
        user=None if user == "-" else int(user),
        group=None if group == "-" else int(group),
        extra_groups=None if user == "-" else [],
    )
    print(child.pid, flush=True)
    while child.poll() is None:
        readable, _, _ = select.select([sys.stdin, wake_read], [], [])
        if sys.stdin in readable:
            break
        if any(number == signal.SIGTERM for number in os.read(wake_read, 64)):
            break
    orphaned = sys.stdin in select.select([sys.stdin], [], [], 0)[0] and not sys.stdin.readline()
    end_group(child, int(stop_signal))
    if orphaned and folder != "-":
        shutil.rmtree(folder, ignore_errors=True)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def end_group(child: "subprocess.Popen[bytes]", stop_signal: int) -> None:
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGCONT)  # a server that a test has paused must hear the signal
            os.killpg(child.pid, stop_signal)
        deadline = time.monotonic() + GRACE_S
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


if __name__ == "__main__":
    sys.exit(main())
