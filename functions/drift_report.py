"""`python -m functions.drift_report [LIBRARY …] [--json]`: compares ledger, passage index and SharePoint.

Reads the app's environment and changes nothing. Exit code 0 when they agree, 1 when they differ, 2 when the check
could not be made.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from shared.db import libraries
from shared.domain.audience import Scope
from shared.domain.drift import DriftReport
from shared.domain.ledger import Library
from shared.errors import NexusError
from shared.runtime import Runtime
from shared.settings import Settings, SettingsError

# Differences of one library that the table shows; `--json` has more.
_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m functions.drift_report", description=__doc__)
    parser.add_argument("library", nargs="*", help="name, id or address; default: all, and passages of none of them")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    given = parser.parse_args(arguments)
    try:
        reports = asyncio.run(check(Runtime(Settings.from_env()), given.library))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except NexusError as error:
        print(f"The check could not be made: {error.detail}", file=sys.stderr)
        return 2
    print(json.dumps(as_json(reports)) if given.json else as_table(reports))
    return 0 if all(report.agrees for report in reports) else 1


async def check(runtime: Runtime, wanted: Sequence[str]) -> list[DriftReport]:
    async with runtime.db.connection() as connection:
        known = await libraries.list_all(connection, within=Scope(None, None), limit=100_000)
    chosen = [_named(known, name) for name in wanted] or known
    reports = [await runtime.drift.check(library.id) for library in chosen]
    return reports if wanted else [*reports, await runtime.drift.strays()]


def _named(known: Iterable[Library], wanted: str) -> Library:
    for library in known:
        if wanted.casefold() in (str(library.id), library.name.casefold(), library.library_url.casefold()):
            return library
    raise NexusError(f"Nexus has no library called {wanted!r}.")


def as_json(reports: Iterable[DriftReport]) -> dict[str, Any]:
    return {
        "agrees": all(report.agrees for report in reports),
        "libraries": [
            {
                "id": str(report.library.id) if report.library else None,
                "name": report.library.name if report.library else None,
                "syncing": report.syncing,
                "files": report.files,
                "documents": report.documents,
                "passages": report.passages,
                "counts": {kind.value: count for kind, count in report.counts.items()},
                "differences": [
                    {"kind": each.kind.value, "what": each.what, "detail": each.detail} for each in report.differences
                ],
            }
            for report in reports
        ],
    }


def as_table(reports: Sequence[DriftReport]) -> str:
    rows = [("LIBRARY", "FILES", "DOCUMENTS", "PASSAGES", "DIFFERENCES"), *(_row(report) for report in reports)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines: list[str] = []
    for place, row in enumerate(rows):
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join([row[0].ljust(widths[0]), *numbers]))
        lines += _told(reports[place - 1]) if place else []
    differences = sum(report.counts.total() for report in reports)
    told = "1 difference." if differences == 1 else f"{differences:,} differences."
    lines += ["", told if differences else "Ledger, passage index and SharePoint agree."]
    return "\n".join(lines)


def _row(report: DriftReport) -> tuple[str, str, str, str, str]:
    name = report.library.name if report.library else "(no library)"
    if report.syncing:
        name += " (syncing now)"
    counts = (report.files, report.documents, report.passages, report.counts.total())
    files, documents, passages, differences = (f"{count:,}" for count in counts)
    return name, files, documents, passages, differences


def _told(report: DriftReport) -> list[str]:
    lines = [f"  {each.kind.value}  {each.what}: {each.detail}" for each in report.differences[:_SHOWN]]
    more = report.counts.total() - len(lines)
    return [*lines, f"  … and {more:,} more"] if more else lines


if __name__ == "__main__":
    sys.exit(main())
