"""The supervisor, with tiny services: started in the background, known to later runs, ended whole."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from devstack.stack.command import Command, ServerFailed, wait_until
from devstack.stack.failures import StackError
from devstack.stack.ports import HOST, free_port
from devstack.stack.private_file import write_private
from devstack.stack.processes import Process, ProcessFile
from devstack.stack.supervisor import Part, PortsTaken, Supervisor

SERVICE = Path(__file__).with_name("fake_service.py")


def answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as connection:
            return connection.recv(16).startswith(b"hello")
    except OSError:
        return False


def part(name: str, behaviour: str = "good", *, limit_s: float = 30.0, port: int | None = None) -> Part:
    listens = port or free_port()
    return Part(
        name=name,
        title=name.title(),
        port=listens,
        command=lambda: Command((sys.executable, str(SERVICE), behaviour, str(listens)), SERVICE.parent),
        ready=lambda: answers(listens),
        limit_s=limit_s,
    )


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path)
    yield made
    made.stop()


def test_parts_start_together_and_stop_in_reverse_order(supervisor: Supervisor) -> None:
    first, second = part("first"), part("second")
    assert supervisor.start([first, second]) == ["first", "second"]
    assert answers(first.port)
    assert answers(second.port)
    assert supervisor.stop() == ["second", "first"]
    assert not answers(first.port)
    assert not answers(second.port)


def test_a_second_start_leaves_alone_what_runs(supervisor: Supervisor, tmp_path: Path) -> None:
    one = part("one")
    supervisor.start([one])
    pid = supervisor.running()["one"].pid
    later = Supervisor(tmp_path)  # another `make up`
    assert later.start([one]) == []
    assert later.running()["one"].pid == pid


def test_a_second_stop_finds_nothing_to_do(supervisor: Supervisor) -> None:
    supervisor.start([part("one")])
    assert supervisor.stop() == ["one"]
    assert supervisor.stop() == []


def test_a_later_run_stops_what_an_earlier_one_started(supervisor: Supervisor, tmp_path: Path) -> None:
    one = part("one")
    supervisor.start([one])
    assert Supervisor(tmp_path).stop() == ["one"]
    assert not answers(one.port)


def test_a_crash_at_the_start_shows_the_last_twenty_lines(supervisor: Supervisor) -> None:
    with pytest.raises(ServerFailed) as failed:
        supervisor.start([part("broken", "crash")])
    text = str(failed.value)
    assert "Broken ended at its start" in text
    assert "the configuration is missing" in text
    assert "line 29" in text
    assert "line 11" in text
    assert "line 10" not in text


def test_a_part_that_never_serves_is_given_up(supervisor: Supervisor) -> None:
    with pytest.raises(ServerFailed, match="did not become ready within 1 s"):
        supervisor.start([part("silent", "deaf", limit_s=1.0)])
    assert supervisor.stop() == ["silent"]


def test_a_stubborn_part_is_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    one = part("one", "stubborn")
    supervisor.start([one])
    supervisor.running()["one"].end(grace_s=0.3)
    assert not answers(one.port)
    assert supervisor.running() == {}


def test_children_of_a_part_end_with_it(supervisor: Supervisor) -> None:
    one = part("one", "parent")
    supervisor.start([one])
    child = child_of(supervisor, "one")
    supervisor.stop()
    assert wait_until(lambda: not alive(child), lambda: False, limit_s=10)


def test_children_that_a_killed_part_left_behind_end_before_it_starts_again(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    one = part("one", "parent")
    supervisor.start([one])
    child = child_of(supervisor, "one")
    leader = psutil.Process(supervisor.running()["one"].pid)
    leader.kill()
    assert wait_until(lambda: supervisor.running() == {}, lambda: False, limit_s=10)
    assert alive(child)
    supervisor.start([one])
    assert wait_until(lambda: not alive(child), lambda: False, limit_s=10)
    assert answers(one.port)


def test_every_port_in_use_is_named_with_its_holder_and_the_setting(supervisor: Supervisor) -> None:
    with socket.socket() as one, socket.socket() as two:
        for holder in (one, two):
            holder.bind((HOST, 0))
            holder.listen()
        ports = [holder.getsockname()[1] for holder in (one, two)]
        parts = [part("first", port=ports[0]), part("second", port=ports[1]), part("third")]
        with pytest.raises(PortsTaken) as failed:
            supervisor.check_ports(parts, lambda: 200)
    text = str(failed.value)
    assert f"Port {ports[0]}, where first would listen, is in use by" in text
    assert f"(pid {os.getpid()})" in text
    assert f"Port {ports[1]}, where second would listen" in text
    assert "third" not in text
    assert "NEXUS_PORT_OFFSET=200" in text


def test_our_own_running_parts_do_not_count_as_ports_in_use(supervisor: Supervisor) -> None:
    one = part("one")
    supervisor.start([one])
    supervisor.check_ports([one], lambda: 200)


def test_a_process_that_got_a_recorded_pid_later_is_never_touched(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        ours = Process("old", stranger.pid, psutil.Process(stranger.pid).create_time() - 3600, 1, 15)
        ProcessFile(tmp_path).add(ours)
        supervisor = Supervisor(tmp_path)
        assert supervisor.running() == {}
        assert supervisor.recorded() == {"old"}
        assert supervisor.stop() == []
        assert stranger.poll() is None
        assert supervisor.recorded() == set()
    finally:
        stranger.kill()
        stranger.wait()


def test_a_state_file_from_before_a_reboot_is_no_obstacle(supervisor: Supervisor, tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    ProcessFile(tmp_path).add(Process("one", gone.pid, 1_000_000.0, 1, 15))
    one = part("one")
    assert supervisor.start([one]) == ["one"]
    assert supervisor.running()["one"].pid != gone.pid


def test_a_damaged_state_file_is_reported_and_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "processes.json").write_text("{ not json")
    with pytest.raises(StackError, match=r"processes\.json cannot be read"):
        Supervisor(tmp_path).running()


def test_a_private_file_is_readable_by_nobody_else_and_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secrets.json"]


def child_of(supervisor: Supervisor, name: str) -> int:
    text = supervisor.log(name).read_text()
    return int(text.split("child ")[1].split()[0])


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
