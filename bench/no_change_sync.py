"""Row: syncing a library in which nothing has changed, against reading it all again.

The real services over the Graph stand-in, PostgreSQL and Qdrant. First the library is read; then it is synced twice
as it is: from its delta link, as every hour, and by enumerating it whole, as after a lost link.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from bench.library_world import DIMENSIONS, filled, work, world
from bench.measure import versions
from bench.rows import Options, Table, figure

ITEMS = 10_000
_NAMES = ("first read, as a naive re-index does each time", "from the delta link", "enumerated whole")


def run(options: Options) -> Sequence[Table]:
    items = options.items or (300 if options.quick else ITEMS)
    with world(lambda graph: asyncio.run(filled(graph, "Unchanged", items=items, seed=options.seed))) as made:
        passes = work(made, ("delta", "delta", "full")).passes
    for again in passes[1:]:
        if again["counts"].get("graph.download") or again["counts"].get("embedding calls"):
            raise AssertionError(f"a sync without a change read something: {again}")
    return [
        Table(
            f"Syncing {items:,} files of which none has changed",
            ("sync", "Graph calls", "downloads", "embedding calls", "texts embedded", "Qdrant calls", "seconds"),
            tuple(_line(name, each) for name, each in zip(_NAMES, passes, strict=True)),
            (
                f"{made.folders:,} folders; {passes[0]['run']['skipped']:,} files are of types that hold no text and "
                "are never downloaded",
                "Graph calls: pages, single items and addresses to download from; a download is one more call to "
                "SharePoint's own host",
                f"hash model without delay, {DIMENSIONS} numbers a vector, services in one process",
            ),
            versions("asyncpg", "msgraph-core", "qdrant-client"),
        )
    ]


def _line(name: str, measured: dict[str, Any]) -> tuple[str, ...]:
    counts = measured["counts"]
    return (
        name,
        f"{graph_calls(counts):,}",
        f"{counts.get('graph.download', 0):,}",
        f"{counts.get('embeddings.embed_passages', 0):,}",
        f"{counts.get('texts embedded', 0):,}",
        f"{counts.get('qdrant', 0):,}",
        figure(measured["seconds"]),
    )


def graph_calls(counts: dict[str, int]) -> int:
    return sum(number for name, number in counts.items() if name.startswith("graph."))
