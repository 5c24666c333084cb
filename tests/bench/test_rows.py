"""The rows beside the timed ones: what they count, on little work, and that what they compare is the same thing."""

import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from qdrant_client import AsyncQdrantClient

from bench import no_change_sync
from bench.embedding_reply import DIMENSIONS, of_sdk, reply, unit_vectors
from bench.fidelity import plain, recall, recalls
from bench.measure import Rounds, Sample, Spread, child
from bench.own_stack import free_offset
from bench.rows import Comparison, Options, Outcome, Table, render
from bench.servers import running
from bench.upsert import LABELS, by_models, points_of
from shared.adapters.embeddings_openai import fill_rows
from shared.adapters.vectors_qdrant import UPSERT_POINTS, QdrantVectors


def test_both_readers_of_an_embedding_reply_see_the_same_vectors():
    vectors = unit_vectors(3, seed=1)
    rows = np.empty_like(vectors)
    assert fill_rows(reply(vectors, as_base64=True), rows) == 27
    for as_base64, asked in ((True, {}), (False, {"encoding_format": "float"})):
        parsed = of_sdk(reply(vectors, as_base64=as_base64), **asked).parse()
        assert np.allclose([item.embedding for item in parsed.data], rows, atol=1e-6)
    assert rows.shape == (3, DIMENSIONS)


async def test_both_ways_of_storing_leave_the_same_points_behind(tmp_path: Path):
    points = points_of(UPSERT_POINTS + 1, seed=2)
    stored: list[dict[str, Any]] = []
    for way in ("ours", "models"):
        with running("devstack.qdrant", "--port", "0", "--home", str(tmp_path / way)) as server:
            vectors = QdrantVectors(server.url, None, alias="bench", model="none", dimensions=DIMENSIONS)
            client = AsyncQdrantClient(url=server.url, check_compatibility=False)
            await vectors.ensure_ready()
            if way == "ours":
                await vectors.stage(LABELS, points)
            else:
                await by_models(client, vectors.collection, points)
            kept, _ = await client.scroll(vectors.collection, limit=100, with_vectors=True)
            stored.append({str(point.id): (_undated(point.payload), point.vector) for point in kept})
            await vectors.close()
            await client.close()
    assert len(stored[0]) == UPSERT_POINTS + 1
    assert stored[0] == stored[1]


def _undated(payload: dict[str, Any] | None) -> dict[str, Any]:
    """Without the one field that the two write in different notations of the same moment."""
    return {key: value for key, value in (payload or {}).items() if key != "last_modified"}


async def test_the_server_that_keeps_nothing_answers_as_qdrant_does():
    with running("bench.null_qdrant") as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            written = await http.put("/collections/c/points?wait=true", json={"points": []})
            found = await http.post("/collections/c/points", json={"ids": []})
    assert written.json()["result"]["status"] == "completed"
    assert found.json()["result"] == []


def test_a_sync_without_a_change_reads_nothing_of_a_generated_library():
    (table,) = no_change_sync.run(Options(rounds=1, seed=3, quick=True, items=25))
    counts = [dict(zip(table.columns, line, strict=True)) for line in table.lines]
    assert int(counts[0]["downloads"]) > 0
    assert [each["downloads"] for each in counts[1:]] == ["0", "0"]
    assert [each["embedding calls"] for each in counts[1:]] == ["0", "0"]
    assert int(counts[1]["Graph calls"]) == 1


def test_words_are_counted_with_their_repetitions_and_without_markdown():
    expected = "## Leave\n\n<!-- image -->\n| Days | Rule |\n| - | - |\n| 30 | see [Leave](https://h/x) \\_all\\_ |"
    assert plain("a &lt;b&gt; \\# [c](https://h/d) <!-- e -->").split() == ["a", "<b>", "#", "[c]"]
    assert recall(expected, "Leave Days Rule 30 see leave all") == 1.0
    assert recall(expected, "Leave Days Rule 30 see all") == pytest.approx(6 / 7)
    assert recalls({"a": "one two", "b": "three"}, {"a": "two", "b": None}) == {"a": 0.5, "b": 0.0}


def test_memory_is_watched_for_a_command_and_all_that_it_starts():
    python = [sys.executable, "-S", "-c"]
    inner = "import time; held = bytearray(60_000_000); time.sleep(0.6)"
    outer = f"import subprocess; held = bytearray(60_000_000); subprocess.run({[*python, inner]!r}, check=True)"
    sample = child([*python, outer], watched=True)()
    assert sample.peak_bytes is not None
    assert sample.peak_bytes > 120_000_000
    assert child([*python, "pass"])().peak_bytes is None


def test_watched_rounds_show_memory_and_its_ratio():
    rounds = Rounds({"ours": (Sample(1.0, 2.0, 2**20),), "theirs": (Sample(1.0, 2.0, 2**22),)})
    ratio = rounds.peak_ratio("ours", "theirs")
    assert ratio == Spread(0.25, 0.25, 0.25)
    text = render(Outcome("Title", rounds, "s", 1.0, (Comparison("ours", "theirs", ratio, "peak memory"),), (), "v"))
    assert "| variant | CPU, s | clock, s | peak memory, MB |" in text
    assert "| ours | 1.00 [1.00–1.00] | 2.00 [2.00–2.00] | 1.00 [1.00–1.00] |" in text


def test_a_table_is_rendered_and_refuses_lines_that_do_not_fit():
    table = Table("Title", ("what", "count"), (("one", "1"),), ("a remark",), "v 1")
    assert render(table).splitlines()[2:5] == ["| what | count |", "|---|---|", "| one | 1 |"]
    with pytest.raises(ValueError, match="does not fit"):
        render(Table("Title", ("what", "count"), (("one",),), (), "v"))


def test_a_stack_of_its_own_gets_ports_below_those_of_outgoing_connections():
    assert 2_000 <= free_offset() < 15_000
