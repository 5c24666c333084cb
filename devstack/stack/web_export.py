"""The web app on a local stack: built when its sources have changed, copied into the stack's home, told where the API
is. `NEXUS_WEB=off` leaves it out."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from devstack.stack.addresses import Addresses
from devstack.stack.configuration import ROOT, SettingsWrong
from devstack.stack.failures import StackError
from devstack.stack.progress import Step

SOURCES = ROOT / "static-web-app"
_MADE = frozenset({"node_modules", ".next", "out", "e2e", "next-env.d.ts", "tsconfig.tsbuildinfo", ".build.lock"})
_LAST_LINES = 30


def web_is_wanted(shell: Mapping[str, str]) -> bool:
    """Raises SettingsWrong for a value that is neither on nor off."""
    value = shell.get("NEXUS_WEB", "").strip() or "on"
    if value not in ("on", "off"):
        raise SettingsWrong([f"NEXUS_WEB must be on or off, not {value!r}"])
    return value == "on"


def deploy(addresses: Addresses, sources: Path = SOURCES) -> bool:
    """The newest export in the stack's home, with this stack's addresses; True when it had to be built."""
    with _alone(sources):
        wanted = _hash(sources)
        stamp = sources / "out" / ".built"
        build = not stamp.is_file() or stamp.read_text("ascii") != wanted
        if build:
            _build(sources)
            stamp.write_text(wanted, "ascii")
        site = addresses.configuration.home / "web" / "site"
        _copy(sources / "out", site)
    _run(["node", "scripts/configure.mjs", "--api", addresses.api_for_browsers, "--site", str(site)], sources)
    return build


def _build(sources: Path) -> None:
    if not (sources / "node_modules").is_dir():
        raise StackError(
            f"{sources.name} has no node_modules: run `make bootstrap`, or leave the web app out with NEXUS_WEB=off."
        )
    with Step("Building the web app"):
        _run(["npm", "run", "build"], sources)


def _run(arguments: list[str], folder: Path) -> None:
    done = subprocess.run(
        arguments,
        cwd=folder,
        env={**os.environ, "NEXT_TELEMETRY_DISABLED": "1", "CI": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = "\n".join(done.stdout.splitlines()[-_LAST_LINES:])
        raise StackError(
            f"The web app: {' '.join(arguments[:3])} failed (exit code {done.returncode}):\n{said}\n"
            "NEXUS_WEB=off starts the stack without it."
        )


def _copy(export: Path, site: Path) -> None:
    """File by file over what is there, then what is too much: a page that is open goes on to find its scripts until
    the last moment."""
    site.mkdir(parents=True, exist_ok=True)
    shutil.copytree(export, site, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".built"))
    kept = {"config.json", "staticwebapp.config.json"}
    for path in sorted(site.rglob("*"), reverse=True):
        name = path.relative_to(site)
        if str(name) in kept or (export / name).exists():
            continue
        path.rmdir() if path.is_dir() else path.unlink()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _MADE:
            continue
        if path.is_dir():
            yield from _files(path)
        elif not path.name.endswith((".test.ts", ".md")):
            yield path


def _hash(sources: Path) -> str:
    """Of all that the export is made from."""
    digest = hashlib.sha256()
    for path in _files(sources):
        digest.update(f"{path.relative_to(sources)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@contextlib.contextmanager
def _alone(sources: Path) -> Generator[None]:
    """Two stacks of one checkout must not build at once: the second waits, and finds it done."""
    with (sources / ".build.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
