"""A whole stack as its user meets it: what is refused before anything starts, and what a crash leaves."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from devstack.stack.command import wait_until
from devstack.stack.configuration import ROOT
from devstack.stack.failures import StackError
from devstack.stack.local_stack import LocalStack
from devstack.stack.ports import HOST, free_port, is_taken, ports
from devstack.stack.processes import Process, ProcessFile
from devstack.stack.supervisor import PortsTaken
from devstack.stack.watch import watch

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


def environment(home: Path, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}
    return inherited | {"NEXUS_HOME": str(home)} | more


def test_a_port_in_use_stops_up_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as holder:
        # an offset at which the API's port is the one that is held, and all others are free
        free = (n for n in range(25_000, 45_000, 50) if not any(is_taken(port) for port in ports(n).values()))
        offset = next(free)
        holder.bind((HOST, ports(offset)["api"]))
        holder.listen()
        stack = LocalStack(environment(tmp_path / "home", NEXUS_PORT_OFFSET=str(offset)))
        with pytest.raises(PortsTaken, match="api would listen"):
            stack.up()
    assert stack.down() == []
    assert not list((tmp_path / "home" / "logs").glob("*.log"))


def test_commands_without_an_offset_mean_the_stack_that_is_up(tmp_path: Path) -> None:
    home = tmp_path / "home"
    LocalStack(environment(home)).addresses()
    runs = subprocess.Popen(SLEEPER, start_new_session=True)
    try:
        ProcessFile(home).add(recorded("api", runs.pid, ports(400)["api"]))
        assert LocalStack(environment(home)).addresses().api.endswith(":7471")
        status = {part.name: part.state for part in LocalStack(environment(home)).status()}
        assert status["api"] == "not answering"
        assert status["redis"] == "stopped"
        with pytest.raises(StackError, match="up with NEXUS_PORT_OFFSET=400"):
            LocalStack(environment(home, NEXUS_PORT_OFFSET="7")).up()
    finally:
        runs.kill()
        runs.wait()
    assert {part.name: part.state for part in LocalStack(environment(home)).status()}["api"] == "crashed"
    assert LocalStack(environment(home)).down() == []


def test_a_stack_that_was_started_for_a_process_goes_with_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    LocalStack(environment(home)).addresses()
    # detached from this process, as what the launcher starts is
    script = (
        "import subprocess; "
        f"print(subprocess.Popen({SLEEPER!r}, stdout=subprocess.DEVNULL, start_new_session=True).pid)"
    )
    pid = int(subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True).stdout)
    ProcessFile(home).add(recorded("api", pid, free_port()))
    owner = subprocess.Popen(SLEEPER)
    started = str(psutil.Process(owner.pid).create_time())
    with subprocess.Popen(
        [sys.executable, "-m", "devstack.stack.watch", str(owner.pid), started], cwd=ROOT, env=environment(home)
    ) as watcher:
        assert psutil.pid_exists(pid)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        assert wait_until(lambda: not home.exists(), lambda: False, limit_s=30)
        assert watcher.wait(timeout=30) == 0
    assert not runs_still(pid)


def test_the_checkouts_own_data_is_never_bound_to_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEXUS_HOME", raising=False)
    with pytest.raises(StackError, match="NEXUS_HOME of its own"):
        watch(os.getpid())


def test_reset_leaves_what_other_tools_keep_beside_the_stacks_data(tmp_path: Path) -> None:
    home = tmp_path / "home"
    stack = LocalStack(environment(home))
    stack.addresses()
    (home / "bench-venv").mkdir()
    assert stack.reset() is True
    assert [each.name for each in home.iterdir()] == ["bench-venv"]
    assert stack.reset() is False


def recorded(name: str, pid: int, port: int) -> Process:
    return Process(name, pid, psutil.Process(pid).create_time(), port, int(signal.SIGTERM))


def runs_still(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
