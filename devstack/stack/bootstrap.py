"""Installs what the locks name, when they changed: Python packages into .venv, Node packages into devstack/node and
static-web-app.

Run by `bootstrap.sh` in a fresh .venv: imports nothing but the standard library and the progress line.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from devstack.stack.progress import Step

ROOT = Path(__file__).resolve().parents[2]
_LOCK = ROOT / "requirements-dev.txt"
_NODE = ROOT / "devstack" / "node"
_WEB = ROOT / "static-web-app"
_LAST_LINES = 25


class InstallFailed(Exception):
    """Carries what the installer said last."""


def install_python(lock: Path = _LOCK) -> bool:
    """True when something had to be installed."""
    stamp = Stamp(Path(sys.prefix) / ".installed", [lock], sys.version)
    if stamp.current():
        return False
    wanted = len(re.findall(r"^[A-Za-z0-9].*==", lock.read_text("utf-8"), re.MULTILINE))
    arguments = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    arguments += ["--require-hashes", "-r", str(lock)]
    seen = 0

    def note(line: str) -> str | None:
        nonlocal seen
        if match := re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.\-\[\]]+)", line):
            seen += 1
            return f"{min(seen, wanted)} of {wanted}: {match[1]}"
        return "writing the files" if line.startswith("Installing collected packages") else None

    _run("Installing Python packages", arguments, ROOT, note)
    stamp.write()
    return True


def install_node(folder: Path = _NODE, what: str = "Installing Node packages") -> bool:
    """True when something had to be installed. Install scripts stay off: no package of ours needs one."""
    stamp = Stamp(folder / "node_modules" / ".installed", [folder / "package-lock.json"], "")
    if stamp.current():
        return False
    arguments = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=http"]

    def note(line: str) -> str | None:
        match = re.search(r"http fetch GET \d+ \S+/([^/\s]+)", line)
        return match[1] if match else None

    _run(what, arguments, folder, note)
    stamp.write()
    return True


class Stamp:
    """A file that says what was installed: a hash of the locks and of whatever else the result depends on."""

    def __init__(self, file: Path, locks: list[Path], also: str) -> None:
        self._file = file
        content = b"\0".join([*(lock.read_bytes() for lock in locks), also.encode()])
        self._wanted = hashlib.sha256(content).hexdigest()

    def current(self) -> bool:
        return self._file.is_file() and self._file.read_text("utf-8").strip() == self._wanted

    def write(self) -> None:
        self._file.write_text(self._wanted + "\n", "utf-8")


def _run(what: str, arguments: list[str], folder: Path, note: Callable[[str], str | None]) -> None:
    with Step(what) as step:
        last: list[str] = []
        with subprocess.Popen(
            arguments,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as installer:
            assert installer.stdout is not None  # asked for above
            for line in installer.stdout:
                last = [*last, line.rstrip()][-_LAST_LINES:]
                if found := note(line):
                    step.note(found)
        if installer.returncode != 0:
            raise InstallFailed(f"{what} failed ({arguments[0]} exit code {installer.returncode}):\n" + "\n".join(last))


def main() -> int:
    try:
        install_python()
        install_node()
        if os.environ.get("NEXUS_WEB", "").strip() != "off":
            install_node(_WEB, "Installing the web app's packages")
    except InstallFailed as error:
        print(f"{error}\nWhen the cause is gone (often the network or a proxy), run it again.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
