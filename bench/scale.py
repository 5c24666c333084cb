"""Row: a generated library of any size through the real sync services: `python -m bench scale --items 200000`.

Recorded a pass: what an item costs in PostgreSQL, Graph, Qdrant and seconds, bytes in PostgreSQL, how much history an
orchestration would keep a generation, and the worker's memory over time, which must not follow the library's size. A
part of it also goes through the functions host, whose stored history is then counted instead of estimated
(bench/scale_host.py). How the ledger's own statements grow is the row `ledger`.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from bench.ledger_size import size_table
from bench.library_world import DIMENSIONS, Memory, filled, work, world
from bench.measure import versions
from bench.no_change_sync import graph_calls
from bench.rows import Options, Table, figure
from bench.scale_host import host_table

ITEMS = 5_000
_MOST_ON_THE_HOST = 500
_MOMENTS = 8
_STAGES = ("graph_s", "download_s", "extract_s", "embed_s", "store_s")


def run(options: Options) -> Sequence[Table]:
    items = options.items or (200 if options.quick else ITEMS)
    with world(lambda graph: asyncio.run(filled(graph, "Scale", items=items, seed=options.seed))) as made:
        worked = work(made, ("delta", "delta", "full"))
        sizes = asyncio.run(size_table(made.environment["NEXUS_POSTGRES_URL"]))
    names = ("first read", "nothing changed, delta", "nothing changed, enumerated")
    first = worked.passes[0]
    return [
        Table(
            f"A library of {items:,} files in {made.folders:,} folders",
            ("pass", "items a second", "statements an item", "Graph calls an item", "Qdrant calls an item"),
            tuple(_costs(name, each, items) for name, each in zip(names, worked.passes, strict=True)),
            (
                f"first read: {first['run']['added']:,} indexed, {first['run']['skipped']:,} skipped by type, "
                f"{first['run']['failed']:,} failed, {first['run']['passages']:,} passages, "
                f"{first['counts'].get('embedding calls', 0):,} embedding calls",
                "statements are round trips, BEGIN and COMMIT included; an executemany is one",
                "the pass without a change is divided by the same number of items, to be compared with the others",
            ),
            versions("asyncpg", "msgraph-core", "qdrant-client"),
        ),
        Table(
            "Where the seconds of the first read go, an item that was indexed",
            ("stage", "ms"),
            (
                *((stage.removesuffix("_s"), _ms(first["run"][stage], first["run"]["added"])) for stage in _STAGES),
                ("steps of the sync, between files", _ms(first["counts"]["ms in steps"] / 1000, items)),
            ),
            (
                "stages are summed over files that are read ten at a time and wait for each other: they add up to "
                "more than the clock's seconds",
                f"hash model without delay, {DIMENSIONS} numbers a vector, all servers on the same machine",
            ),
            versions("asyncpg"),
        ),
        Table(
            "What an orchestration's generations carry, estimated from what goes in and out of activities",
            ("pass", "generations", "activities, at most", "bytes, at most"),
            tuple(
                (name, f"{each['generations']:,}", f"{each['most_activities']:,}", f"{each['most_bytes']:,}")
                for name, each in zip(names, worked.passes, strict=True)
            ),
            ("continue_as_new begins each generation with an empty history",),
            versions("azure-functions-durable"),
        ),
        _memory(worked.memory),
        sizes,
        host_table(min(items, _MOST_ON_THE_HOST), options.seed),
    ]


def _costs(name: str, measured: dict[str, Any], items: int) -> tuple[str, ...]:
    counts = measured["counts"]
    return (
        name,
        figure(items / measured["seconds"]),
        *(figure(number / items) for number in (counts["statements"], graph_calls(counts), counts.get("qdrant", 0))),
    )


def _ms(seconds: float, items: int) -> str:
    return figure(1000 * seconds / max(1, items))


def _memory(samples: Sequence[Memory]) -> Table:
    """A few moments of the whole run, and the most there ever was."""
    every = max(1, len(samples) // _MOMENTS)
    shown = [*samples[every - 1 :: every][:_MOMENTS]]
    peak = (
        "at most",
        f"{max(sample.own for sample in samples) / 2**20:.0f}",
        f"{max(sample.whole for sample in samples) / 2**20:.0f}",
    )
    return Table(
        "The worker's memory over the three passes, resident MB",
        ("second", "the worker", "with its extraction workers"),
        (*((f"{each.at_s:.0f}", f"{each.own / 2**20:.0f}", f"{each.whole / 2**20:.0f}") for each in shown), peak),
        ("of the process that runs the services; servers are processes of their own",),
        versions("psutil"),
    )
