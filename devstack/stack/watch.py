"""Throws a stack away when the process it was started for has ended, however that died: for tests.

`python -m devstack.stack.watch PID STARTED`, in the background and with the environment of `up`; ends by itself once
the stack has been stopped.
"""

import os
import subprocess
import sys
import time

import psutil

from devstack.stack.configuration import MARK, ROOT
from devstack.stack.failures import StackError
from devstack.stack.local_stack import LocalStack
from devstack.stack.processes import Process, ProcessFile

_POLL_S = 0.5


def watch(pid: int) -> None:
    """Starts a watcher of this process, detached. Raises StackError when there is no such process, and for the
    checkout's own .nexus, which is a developer's and never thrown away unasked."""
    if not os.environ.get("NEXUS_HOME"):
        raise StackError("Only a stack with a NEXUS_HOME of its own can end with a process. Set NEXUS_HOME.")
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        raise StackError(f"There is no process {pid} whose life the stack could share.") from None
    subprocess.Popen(
        [sys.executable, "-m", "devstack.stack.watch", str(pid), str(started)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def main() -> None:
    if not os.environ.get("NEXUS_HOME"):
        sys.exit("NEXUS_HOME is not set")
    owner = Process("owner", int(sys.argv[1]), float(sys.argv[2]), port=0, stop_signal=0)
    stack = LocalStack(os.environ)
    was_up = False
    while owner.alive():
        up = bool(ProcessFile(stack.home).read())
        if was_up and not up:
            return
        was_up = was_up or up
        time.sleep(_POLL_S)
    while (stack.home / MARK).exists():
        try:
            stack.reset()
        except StackError:
            time.sleep(_POLL_S)  # an `up` that lost its owner is still at work; it ends before long


if __name__ == "__main__":
    main()
