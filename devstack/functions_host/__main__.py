"""`python -m devstack.functions_host --app DIR --port P --home DIR [--settings FILE]`."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from devstack.functions_host.configuration import (
    ConfigurationError,
    HostConfiguration,
    load_settings,
    read_host_json,
)
from devstack.functions_host.durable_store import StoreInUse
from devstack.functions_host.host import FunctionsHost, HostOptions
from devstack.functions_host.loopback import LOOPBACK, loopback_socket
from devstack.functions_host.worker import IndexingFailed

logger = logging.getLogger("host")

# How long handlers that have not answered yet may go on after SIGTERM.
_HANDLER_GRACE_S = 2
_LONGEST_STOP_S = 4.5


class _HostServer(uvicorn.Server):
    """Cuts open streams first when it shuts down: a chat stream would otherwise use up all of the grace."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own way raises the signal again once it has stopped, before the host could stop itself.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        watchdog = threading.Timer(_LONGEST_STOP_S, _give_up)
        watchdog.daemon = True
        watchdog.start()
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            if cycle is not None and cycle.response_started and not cycle.response_complete:
                # To the response this is a client that went away: its generator is cancelled, nothing is logged.
                connection.transport.abort()
        await super().shutdown(sockets)


def _give_up() -> None:
    """A thread of the app that does not return must not keep the process: Python would wait for it for ever."""
    logger.warning("Something did not stop in %.1f s and is left behind", _LONGEST_STOP_S)
    sys.stdout.flush()
    os._exit(0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devstack.functions_host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="folder with function_app.py and host.json")
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--home", type=Path, required=True, help="folder for orchestrations and schedules")
    parser.add_argument("--settings", type=Path, help="a local.settings.json")
    parser.add_argument("--function-key", action="append", default=[], help="ask for this key; repeatable")
    parser.add_argument("--two-hop", action="store_true", help="forward to the extension's own web server")
    return parser.parse_args()


def _configure_logging(level: int) -> None:
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("host").setLevel(min(level, logging.INFO))
    # The worker's two lines for every invocation say nothing that the request line does not.
    logging.getLogger("azure.functions").setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


async def _serve(options: HostOptions, configuration: HostConfiguration, bound: socket.socket) -> None:
    host = await FunctionsHost.index(options, configuration)
    for route in host.front.routes.routes:
        logger.info("%s: [%s] /%s", route.function_name, ",".join(sorted(route.methods)), route.template)
    config = uvicorn.Config(
        host.front,
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        ws="none",
        # Longer than any client of ours keeps a connection, so that none is used just as it closes.
        timeout_keep_alive=120,
        timeout_graceful_shutdown=_HANDLER_GRACE_S,
    )
    server = _HostServer(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        host.begin()
        logger.info("%d functions on %s", len(host.worker.functions), options.origin)
        print(f"ready {options.origin}", flush=True)
    await serving
    await host.stop()


def main() -> int:
    arguments = _arguments()
    try:
        if arguments.settings:
            load_settings(arguments.settings)
        configuration = read_host_json(arguments.app)
        _configure_logging(configuration.log_level)
        bound = loopback_socket(arguments.port)
        options = HostOptions(
            arguments.app,
            arguments.home,
            f"http://{LOOPBACK}:{bound.getsockname()[1]}",
            arguments.function_key,
            arguments.two_hop,
        )
        asyncio.run(_serve(options, configuration, bound))
    except IndexingFailed as failure:
        print(f"The worker could not index the app: {failure}\n{failure.stack}", file=sys.stderr)
        return 1
    except (ConfigurationError, StoreInUse) as error:
        print(f"The host cannot start: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The host cannot listen on {LOOPBACK}:{arguments.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
