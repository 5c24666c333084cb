"""One local stack as a whole: up, down, status, reset."""

import contextlib
import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.entra.accounts import Accounts
from devstack.stack.accounts import ACCOUNTS, ADMIN
from devstack.stack.addresses import Addresses, stack_file, write_stack_file
from devstack.stack.command import ServerFailed
from devstack.stack.configuration import MARK, ROOT, Configuration, SettingsWrong, claim
from devstack.stack.credentials import credentials
from devstack.stack.environment import app_environment, problems_of, process_environment
from devstack.stack.failures import StackError
from devstack.stack.parts import function_app, local_postgres, services, web_app
from devstack.stack.ports import BASE_PORTS, is_taken, ports
from devstack.stack.postgres_files import reachable, server_account
from devstack.stack.progress import Step
from devstack.stack.supervisor import Supervisor
from devstack.stack.web_export import deploy, web_is_wanted

MIGRATIONS = ("-m", "alembic", "-c", "shared/db/migrations/alembic.ini", "upgrade", "head")

# All that a stack writes into its home; the mark and the lock go last.
OWN = (
    *BASE_PORTS,
    "functions",
    "jobs",
    "logs",
    "stack.json",
    "processes.json",
    "setup.json",
    "secrets.json",
    "lock",
    MARK,
)


@dataclass(frozen=True, slots=True)
class PartStatus:
    """`state`: ready, not answering, crashed or stopped."""

    name: str
    title: str
    port: int
    pid: int | None
    state: str


class LocalStack:
    """Raises StackError, in words for the developer. The data stays between `up`s; `reset` throws it away."""

    def __init__(self, shell: Mapping[str, str]) -> None:
        configuration, problems = Configuration.read(shell)
        if problems:
            raise SettingsWrong(problems)
        self._shell = shell
        self._supervisor = Supervisor(configuration.home)
        # A stack that is up is meant as it is: only who starts one has to say where it listens.
        offset = self._offset_of_what_runs()
        if offset is not None and not shell.get("NEXUS_PORT_OFFSET"):
            configuration = configuration.moved(offset)
        self.configuration = configuration

    @property
    def home(self) -> Path:
        return self.configuration.home

    def log(self, name: str) -> Path:
        return self._supervisor.log(name)

    def addresses(self) -> Addresses:
        """Makes the home and its secrets when they are not there yet."""
        claim(self.home)
        return Addresses(self.configuration, credentials(self.home))

    def app_environment(self) -> dict[str, str]:
        """Raises SettingsWrong naming everything that the app would refuse."""
        addresses = self.addresses()
        admin = Accounts.load(None, addresses.credentials.entra_tenant).find(ADMIN)
        if admin is None:
            raise StackError(f"The Entra stand-in knows no account called {ADMIN}.")
        environment = app_environment(addresses, admin.email, self._shell)
        if problems := problems_of(environment):
            raise SettingsWrong(problems)
        return environment

    def up(self) -> bool:
        """Starts what does not run and waits until all of it serves; False when all of it ran already.

        When one part fails, what this call has started is stopped again.
        """
        environment, with_web = self.app_environment(), web_is_wanted(self._shell)
        addresses = self.addresses()
        with self._alone():
            self._check_offset()
            first, last = services(addresses), [function_app(addresses, environment)]
            if with_web:
                last.append(web_app(addresses))
            running = self._supervisor.running()
            self._supervisor.check_ports([*first, *last], self._free_offset)
            # also for a stack that is up: what was changed since is what one wants to see
            if with_web:
                deploy(addresses)
            started = [part.name for part in (*first, *last) if part.name not in running]
            if not started:
                return False
            print("Starting the local stack …", file=sys.stderr)
            self._say_where_data_is()
            try:
                self._supervisor.start(first)
                self._migrate(addresses)
                self._supervisor.start(last)
            except (StackError, KeyboardInterrupt, OSError) as error:
                with Step("Stopping what was started"):
                    self._supervisor.stop(started)
                if isinstance(error, ServerFailed):
                    raise StackError(f"{error}\nWhen the cause is gone, run `make up` again.") from error
                raise
            pids = {name: process.pid for name, process in self._supervisor.running().items()}
            write_stack_file(addresses, ACCOUNTS, pids)
        return True

    def down(self) -> list[str]:
        """Stops everything, last started first; the names of what was running."""
        if not self.home.is_dir():
            return []
        with self._alone():
            stopped = self._supervisor.stop()
            stack_file(self.home).unlink(missing_ok=True)
        return stopped

    def runs(self, name: str) -> bool:
        return name in self._supervisor.running()

    def stop_part(self, name: str) -> None:
        with self._alone():
            self._supervisor.stop([name])

    def status(self) -> list[PartStatus]:
        if not (self.home / MARK).exists():
            return []
        self._check_offset()
        addresses = self.addresses()
        running = self._supervisor.running()
        recorded = self._supervisor.recorded()
        found: list[PartStatus] = []
        optional = [web_app(addresses)] if "web" in recorded else []
        for part in (*services(addresses), function_app(addresses, {}), *optional):
            process = running.get(part.name)
            state = "crashed" if part.name in recorded else "stopped"
            if process is not None:
                state = "ready" if part.ready() else "not answering"
            found.append(PartStatus(part.name, part.title, part.port, process.pid if process else None, state))
        return found

    def reset(self) -> bool:
        """Stops everything and throws all of the stack's data away; False when there was none."""
        if not (self.home / MARK).exists():
            return False
        self.down()
        if (self.home / "secrets.json").exists():
            postgres = local_postgres(self.addresses())
            if not reachable(postgres.home, server_account()):
                postgres.prepare_folder()
                postgres.remove()
        for name in OWN:
            path = self.home / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        # What other tools keep below .nexus, such as the benches' packages, is not ours to throw away.
        if not any(self.home.iterdir()):
            self.home.rmdir()
        return True

    # -- inside --------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two `make up` at once would start everything twice: the second is told so at once."""
        with (self.home / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StackError(
                    f"Another command is starting or stopping the stack in {self.home} just now. Wait until it is done."
                ) from None
            yield

    def _offset_of_what_runs(self) -> int | None:
        for process in self._supervisor.running().values():
            return process.port - BASE_PORTS[process.name]
        return None

    def _check_offset(self) -> None:
        offset = self._offset_of_what_runs()
        if offset not in (None, self.configuration.offset):
            raise StackError(
                f"The stack in {self.home} is up with NEXUS_PORT_OFFSET={offset}. `make down` stops it; to run a "
                "second one beside it, give that one a NEXUS_HOME of its own too."
            )

    def _free_offset(self) -> int:
        candidates = range(self.configuration.offset + 100, self.configuration.offset + 10_000, 100)
        return next((n for n in candidates if not any(is_taken(port) for port in ports(n).values())), candidates.start)

    def _say_where_data_is(self) -> None:
        account = server_account()
        if not reachable(self.home, account):
            print(
                f"  PostgreSQL does not run as root and its user may not enter {self.home}: its data is kept below "
                "/var/tmp (`make reset` removes it).",
                file=sys.stderr,
            )

    def _migrate(self, addresses: Addresses) -> None:
        log = self.log("migrate")
        extra = {"NEXUS_MIGRATIONS_POSTGRES_URL": addresses.postgres_owner}
        with Step("Migrating the database"), log.open("wb") as sink:
            done = subprocess.run(
                [sys.executable, *MIGRATIONS],
                cwd=ROOT,
                env=process_environment(extra),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode != 0:
                raise ServerFailed("The migration", f"failed (exit code {done.returncode})", log)
