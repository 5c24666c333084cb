"""The host put together: worker, HTTP front, timers and durable engine over one app."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.functions_host import admin, durable_http
from devstack.functions_host.admin import AdminApi
from devstack.functions_host.configuration import ConfigurationError, HostConfiguration
from devstack.functions_host.durable_engine import DurableEngine, Limits
from devstack.functions_host.durable_http import DurableHttp, client_binding
from devstack.functions_host.durable_store import DurableStore
from devstack.functions_host.front import HttpFront
from devstack.functions_host.in_process import InProcessHandover, no_web_server
from devstack.functions_host.protocol import TypedData
from devstack.functions_host.routing import RouteError
from devstack.functions_host.timers import ScheduleMonitor, TimerService
from devstack.functions_host.two_hop import ExtensionServer, TwoHopHandover
from devstack.functions_host.worker import Worker

# Together with the web server's own two seconds this keeps a SIGTERM below five seconds.
_ACTIVITY_GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class HostOptions:
    """Where the app is, where state goes, and how the host is reached; empty `function_keys`: no keys asked."""

    app: Path
    home: Path
    origin: str
    function_keys: Sequence[str] = ()
    two_hop: bool = False


class FunctionsHost:
    """A running app. `front` is the ASGI app to serve; `begin` once it is reachable, `stop` at the end."""

    def __init__(
        self,
        worker: Worker,
        front: HttpFront,
        timers: TimerService,
        engine: DurableEngine,
        admin_api: AdminApi,
        forwarding: TwoHopHandover | None,
    ) -> None:
        self.worker = worker
        self.front = front
        self._timers = timers
        self._engine = engine
        self._admin = admin_api
        self._forwarding = forwarding

    @classmethod
    async def index(cls, options: HostOptions, configuration: HostConfiguration) -> "FunctionsHost":
        """Indexes the app and builds everything around it, without starting anything of it.

        `IndexingFailed`, `ConfigurationError`, or `StoreInUse` when another host works on the same home.
        """
        home = options.home.resolve()
        extension = ExtensionServer() if options.two_hop else None
        worker = Worker(options.app, extension.start if extension else no_web_server)
        await worker.start()
        binding = client_binding(options.origin, configuration.hub_name)
        worker.input_sources["durableClient"] = lambda _: TypedData(string=binding)
        timers = TimerService(worker, ScheduleMonitor(home / "timers"))
        store = DurableStore(home / f"durable-{configuration.hub_name}.sqlite3")
        limits = Limits(configuration.max_activities, configuration.max_orchestrators)
        engine = DurableEngine(worker, store, limits, configuration.default_version)
        admin_api = AdminApi(worker, timers)
        mounts = {
            admin.PREFIX: admin_api.router,
            durable_http.PREFIX: DurableHttp(engine, store, options.origin).router,
        }
        forwarding = TwoHopHandover(worker, extension) if extension else None
        handover = forwarding or InProcessHandover(worker)
        try:
            front = HttpFront(worker, configuration, handover, options.function_keys, mounts)
        except RouteError as error:
            raise ConfigurationError(str(error)) from error
        return cls(worker, front, timers, engine, admin_api, forwarding)

    def begin(self) -> None:
        """Starts timers and takes up orchestrations. Both call back over HTTP, so the host must be reachable."""
        self._engine.start()
        self._timers.start()

    async def stop(self) -> None:
        """Ends all work within about two seconds; what is cut off is done again at the next start."""
        await self._timers.stop()
        await self._admin.stop()
        await self._engine.stop(_ACTIVITY_GRACE_S)
        if self._forwarding is not None:
            await self._forwarding.stop()
        self.worker.stop()
