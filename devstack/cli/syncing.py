"""`sync`: lets Nexus read what changed in its libraries, and waits for it."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from devstack.cli.api import ApiFailed, NexusApi
from devstack.cli.output import print_json, say
from devstack.cli.stack_address import StackAddress
from devstack.stack.accounts import ADMIN
from devstack.stack.failures import StackError, UsageError
from devstack.stack.progress import Step

_OVER = ("complete", "failed", "needs_confirmation", "stopped")
COUNTS = ("seen", "added", "changed", "moved", "deleted", "unchanged", "skipped", "failed", "passages")
# Access tokens last 15 minutes; a first sync with a real embedding model may take longer.
_RENEW_S = 600.0
# No run is silent for so long: the app closes a run whose worker is gone after 90 s.
_SILENT_S = 300.0
_POLL_S = 0.5


async def sync(stack: StackAddress, library: str | None, *, full: bool) -> None:
    """Prints the run, or the sum of all with each in `runs`. Raises StackError when one failed."""
    async with await stack.sign_in() as admin:
        wanted = await find_libraries(admin, library)
        runs = [await sync_one(admin, each, full=full) for each in wanted]
        for each, run in zip(wanted, runs, strict=True):
            if run.get("failed"):
                say(await failed_documents(admin, each))
    print_json(runs[0] if library is not None else summed(runs))
    raise_if_failed(wanted, runs)


async def find_libraries(admin: NexusApi, wanted: str | None) -> list[dict[str, Any]]:
    """All that are enabled, or the one of that name, id or address. Raises UsageError when there is none."""
    libraries = await admin.all_of("/admin/libraries")
    if wanted is None:
        found = [each for each in libraries if each.get("enabled", True)]
        if not found:
            raise StackError("Nexus has no library yet. `python -m devstack library add NAME --from FOLDER` adds one.")
        return found
    for key in ("id", "library_url", "name"):
        found = [each for each in libraries if str(each.get(key, "")).casefold() == wanted.casefold()]
        if len(found) == 1:
            return found
    known = ", ".join(sorted(title(each) for each in libraries)) or "none"
    raise UsageError(f"Nexus has no library called {wanted!r}. It has: {known}.")


def title(library: dict[str, Any]) -> str:
    return library.get("name") or library["library_url"]


async def sync_one(admin: NexusApi, library: dict[str, Any], *, full: bool) -> dict[str, Any]:
    """Starts a sync and waits until it is over; the run as the API gives it."""
    with Step(f"Syncing {title(library)}") as step:
        run = await admin.post(f"/admin/libraries/{library['id']}/sync", {"full": full})
        last_change = signed_in = time.monotonic()
        while run["status"] not in _OVER:
            step.note(f"{run['status']}, {_counts(run) or 'nothing seen yet'}")
            await asyncio.sleep(_POLL_S)
            if time.monotonic() - signed_in > _RENEW_S:
                await admin.renew(ADMIN)
                signed_in = time.monotonic()
            before, run = run, await _poll(admin, run["id"])
            if run != before:
                last_change = time.monotonic()
            elif time.monotonic() - last_change > _SILENT_S:
                raise StackError(
                    f"The sync of {title(library)} (run {run['id']}) has shown no progress for {_SILENT_S / 60:.0f} "
                    "minutes. `make logs s=api` shows what it does."
                )
        step.done(f"{run['status']}: {run.get('notice') or _counts(run) or 'no change'}")
    return run


async def failed_documents(admin: NexusApi, library: dict[str, Any]) -> str:
    """Which documents of a library could not be read, and why: the first few of them."""
    page = await admin.get("/admin/documents", library_id=library["id"], status="failed", limit="5")
    lines = [f"  {each['file_name']}: {each.get('reason') or each.get('reason_code')}" for each in page["items"]]
    more = ["  …"] if page.get("next_cursor") else []
    return "\n".join([f"Documents of {title(library)} that could not be read:", *lines, *more])


async def _poll(admin: NexusApi, run_id: str) -> dict[str, Any]:
    try:
        return await admin.get(f"/admin/sync-runs/{run_id}")
    except ApiFailed as error:
        # A busy or restarting dependency: the run itself goes on, so look again a little later.
        if error.status != 503:
            raise
        await asyncio.sleep(2.0)
        return await admin.get(f"/admin/sync-runs/{run_id}")


def _counts(run: dict[str, Any]) -> str:
    return ", ".join(f"{run[name]} {name}" for name in COUNTS if run.get(name))


def summed(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One object like a run's for several of them: the worst status, the counts added up, the runs themselves."""
    statuses = [run["status"] for run in runs]
    status = next((each for each in ("failed", "needs_confirmation", "stopped") if each in statuses), "complete")
    counts = {name: sum(run.get(name) or 0 for run in runs) for name in COUNTS}
    return {"status": status, **counts, "runs": list(runs)}


def raise_if_failed(libraries: Sequence[dict[str, Any]], runs: Sequence[dict[str, Any]]) -> None:
    bad = [
        f"The sync of {title(library)} ended as {run['status']!r}: "
        f"{run.get('error_message') or run.get('error') or 'no reason was given'} (run {run['id']})."
        for library, run in zip(libraries, runs, strict=True)
        if run["status"] != "complete"
    ]
    if bad:
        raise StackError("\n".join(bad) + "\n`make logs s=api` shows what happened.")
