"""The part of the scale row that goes through the functions host: the stack as `make up` starts it, one generated
library, its sync asked for over HTTP; meanwhile the host's stored history is counted and its worker's memory read."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench.library_world import filled
from bench.measure import resident_bytes, versions
from bench.own_stack import own_stack
from bench.rows import Table, figure
from devstack.cli.stack_address import StackAddress

_OVER = ("complete", "failed", "needs_confirmation")
_WATCH_EVERY_S = 0.25
# Durable Functions' own HTTP API, as in Azure: an orchestration with the history of its present generation.
_INSTANCES = "/runtime/webhooks/durabletask/instances"
_WITH_HISTORY = {"showHistory": "true", "showHistoryOutput": "true"}


@dataclass(slots=True)
class _Watched:
    """The most that was seen at any moment."""

    events: int = 0
    history_bytes: int = 0
    memory: int = 0
    run: dict[str, Any] = field(default_factory=dict[str, Any])


def host_table(items: int, seed: int) -> Table:
    with tempfile.TemporaryDirectory(prefix="nexus-bench-host-") as home, own_stack(Path(home)) as stack:
        begun = time.monotonic()
        watched = asyncio.run(_sync(stack, items, seed))
        seconds = time.monotonic() - begun
    run = watched.run
    if run["status"] != "complete":
        raise RuntimeError(f"the sync through the host ended as {run}")
    return Table(
        f"{items:,} files through the functions host",
        ("items a second", "history of a generation, events", "bytes", "memory of host and worker, MB"),
        (
            (
                figure(items / seconds),
                f"{watched.events:,}",
                f"{watched.history_bytes:,}",
                f"{watched.memory / 2**20:.0f}",
            ),
        ),
        (
            "history as Durable Functions' HTTP API shows it, results included, one entry a task",
            f"indexed {run['added']:,}, skipped {run['skipped']:,}, failed {run['failed']:,}; figures are the most "
            f"seen when looking every {_WATCH_EVERY_S:g} s",
            "from the administrator's POST to the end of the run, the stack's own services on the same machine",
        ),
        versions("azure-functions", "azure-functions-durable"),
    )


async def _sync(stack: StackAddress, items: int, seed: int) -> _Watched:
    url, _ = await filled(stack.graph, "Scale", items=items, seed=seed)
    watched, host = _Watched(), psutil.Process(stack.content["pids"]["api"])
    async with await stack.sign_in() as admin, httpx.AsyncClient(base_url=stack.api, trust_env=False) as host_api:
        library = await admin.post("/admin/libraries", {"library_url": url})
        run = await admin.post(f"/admin/libraries/{library['id']}/sync", {"full": False})
        while run["status"] not in _OVER:
            await asyncio.sleep(_WATCH_EVERY_S)
            watched.memory = max(watched.memory, resident_bytes(host))
            status = await host_api.get(f"{_INSTANCES}/sync-{library['id']}", params=_WITH_HISTORY)
            if status.status_code in (200, 202):  # 404 until the orchestration has begun
                watched.events = max(watched.events, len(status.json()["historyEvents"]))
                watched.history_bytes = max(watched.history_bytes, len(status.content))
            run = await admin.get(f"/admin/sync-runs/{run['id']}")
    watched.run = run
    return watched
