"""The bootstrap: nothing is installed twice, and all that the machine lacks is said at once."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from devstack.stack import bootstrap
from devstack.stack.bootstrap import InstallFailed, Stamp
from devstack.stack.postgres_files import Account, private_folder, reachable

SCRIPT = Path(bootstrap.__file__).with_name("bootstrap.sh")


def test_a_stamp_is_current_until_a_lock_or_the_python_changes(tmp_path: Path) -> None:
    lock, file = tmp_path / "lock", tmp_path / "stamp"
    lock.write_text("a==1")
    assert not Stamp(file, [lock], "3.13.0").current()
    Stamp(file, [lock], "3.13.0").write()
    assert Stamp(file, [lock], "3.13.0").current()
    lock.touch()
    assert Stamp(file, [lock], "3.13.0").current()
    assert not Stamp(file, [lock], "3.13.1").current()
    lock.write_text("a==2")
    assert not Stamp(file, [lock], "3.13.0").current()


def test_a_machine_without_python_and_node_is_told_all_it_lacks(tmp_path: Path) -> None:
    checkout = tmp_path / "devstack" / "stack"
    checkout.mkdir(parents=True)
    script = shutil.copy(SCRIPT, checkout)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "sed", "cat"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    done = subprocess.run(
        [shutil.which("sh") or "/bin/sh", script],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 1
    for missing in ("Python 3.13", "Node.js 20", "npm"):
        assert missing in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_failed_installation_shows_the_installers_words_and_leaves_no_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error ENOTFOUND'\nexit 7\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    folder = tmp_path / "node"
    (folder / "node_modules").mkdir(parents=True)
    (folder / "package-lock.json").write_text("{}")
    with pytest.raises(InstallFailed, match="ENOTFOUND"):
        bootstrap.install_node(folder)
    assert not (folder / "node_modules" / ".installed").exists()
    npm.write_text("#!/bin/sh\nexit 0\n")
    assert bootstrap.install_node(folder) is True
    assert bootstrap.install_node(folder) is False


def test_a_folder_below_a_closed_one_is_out_of_the_servers_reach(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    stranger = Account(user=os.getuid() + 4711, group=os.getgid() + 4711)
    assert not reachable(closed / "home" / "postgres", stranger)
    assert reachable(closed / "home", Account(None, None))
    assert reachable(Path("/"), stranger)


def test_a_folder_that_somebody_else_put_under_our_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devstack.stack.postgres_files._OUTSIDE", tmp_path)
    ours = Account(os.getuid(), os.getgid())
    made = private_folder("data", ours, mode=0o700)
    assert made.stat().st_mode & 0o777 == 0o700
    assert private_folder("data", ours, mode=0o700) == made
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="not a folder of ours"):
        private_folder("link", ours, mode=0o700)
