"""What readers and ingestion see while Qdrant fails: whole versions, one retry layer, our own errors."""

import logging
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.qdrant_connection import ATTEMPTS
from shared.adapters.vectors_qdrant import UPSERT_POINTS, QdrantVectors
from shared.errors import NexusError, Unavailable
from tests.devstack.qdrant.process import QdrantProcess
from tests.shared.adapters.vectors_qdrant.conftest import Control
from tests.shared.adapters.vectors_qdrant.library import ANYBODY, DIMENSIONS, Document, indexed, question, texts

DOWN = {"status": 503, "body": {"status": {"error": "Service unavailable"}}}


def on(path: str, then: dict[str, Any], times: int | None = None, **match: Any) -> dict[str, Any]:
    rule: dict[str, Any] = {"match": {"path": f"{path}$", **match}, "then": then}
    return rule if times is None else {**rule, "times": times}


@pytest.mark.parametrize(
    "then",
    [DOWN, {"status": 429}, {"status": 429, "headers": {"Retry-After": "1"}}, {"reset": True}, {"truncate_after": 0}],
    ids=["503", "429", "429 with a wait", "reset", "an answer that is cut"],
)
async def test_a_search_outlives_two_failures(vectors: QdrantVectors, control: Control, then: dict[str, Any]):
    await indexed(vectors, Document.named("policy"), "one")
    control.break_(on("/points/query/batch", then, times=ATTEMPTS - 1))
    assert await texts(vectors) == {"one"}
    assert len(control.asked("/points/query/batch")) == ATTEMPTS


@pytest.mark.parametrize("then", [DOWN, {"status": 429}, {"reset": True}], ids=["503", "429", "reset"])
async def test_the_third_failure_is_unavailable(vectors: QdrantVectors, control: Control, then: dict[str, Any]):
    control.break_(on("/points/query/batch", then))
    with pytest.raises(Unavailable) as failed:
        await texts(vectors)
    assert failed.value.dependency == "qdrant"
    assert len(control.asked("/points/query/batch")) == ATTEMPTS


async def test_a_search_that_hangs_ends_with_its_time_and_is_not_repeated(
    server: QdrantProcess, alias: str, control: Control
):
    vectors = QdrantVectors(
        server.url, None, alias=alias, model="Test Model", dimensions=DIMENSIONS, search_timeout_s=0.2
    )
    await vectors.ensure_ready()
    control.break_(on("/points/query/batch", {"hang": True}))
    with pytest.raises(Unavailable):
        await vectors.search([question()], audience=ANYBODY)
    assert len(control.asked("/points/query/batch")) == 1
    await vectors.close()


async def test_a_request_that_is_wrong_is_not_repeated_and_says_nothing_of_the_inside(
    vectors: QdrantVectors, control: Control, caplog: pytest.LogCaptureFixture
):
    control.break_(
        on("/points/query/batch", {"status": 400, "body": {"status": {"error": "Wrong input: inner secret"}}})
    )
    with caplog.at_level(logging.ERROR), pytest.raises(NexusError) as failed:
        await texts(vectors)
    assert failed.value.code == "vector_index_refused"
    assert "secret" not in failed.value.detail
    assert "inner secret" in caplog.text
    assert len(control.asked("/points/query/batch")) == 1


async def test_a_key_that_qdrant_refuses_is_unavailable_and_the_right_one_works(tmp_path: Path, alias: str):
    with QdrantProcess(tmp_path, "--api-key", "right") as server:
        for key, works in (("wrong", False), (None, False), ("right", True)):
            vectors = QdrantVectors(server.url, key, alias=alias, model="Test Model", dimensions=DIMENSIONS)
            if works:
                await vectors.ensure_ready()
            else:
                with pytest.raises(Unavailable):
                    await vectors.ensure_ready()
            await vectors.close()


async def test_nobody_listening_is_unavailable(tmp_path: Path, alias: str):
    with QdrantProcess(tmp_path) as server:
        vectors = QdrantVectors(server.url, None, alias=alias, model="Test Model", dimensions=DIMENSIONS)
        await vectors.ensure_ready()
        server.kill()
        with pytest.raises(Unavailable):
            await vectors.search([question()], audience=ANYBODY)
        await vectors.close()


async def test_a_version_that_breaks_off_while_it_is_staged_leaves_the_old_one_answering(
    vectors: QdrantVectors, control: Control
):
    document = Document.named("policy")
    await indexed(vectors, document, "old one", "old two")
    new = [f"new {number}" for number in range(2 * UPSERT_POINTS)]
    # The first batch is written, the second never is.
    control.break_(*(on("/points", DOWN, method="PUT", nth=number) for number in (2, 3, 4)))
    with pytest.raises(Unavailable):
        await vectors.stage(document.labels, document.points(*new))
    assert len(control.asked("/points")) >= 2
    assert len(await vectors.stored(document.labels.document_id)) == 2 + UPSERT_POINTS
    assert await texts(vectors) == {"old one", "old two"}

    control.mend()
    await indexed(vectors, document, *new)
    assert await vectors.stored(document.labels.document_id) == {document.passage_id(text) for text in new}
    assert not await texts(vectors) & {"old one", "old two"}


async def test_a_version_that_is_never_published_leaves_the_old_one_answering(vectors: QdrantVectors, control: Control):
    document = Document.named("policy")
    await indexed(vectors, document, "old")
    await vectors.stage(document.labels, document.points("new"))
    control.break_(on("/points/batch", DOWN))
    with pytest.raises(Unavailable):
        await vectors.publish(document.labels, document.positions("new"))
    assert await texts(vectors) == {"old"}
    control.mend()
    await vectors.publish(document.labels, document.positions("new"))
    assert await texts(vectors) == {"new"}


async def test_an_update_whose_answer_is_lost_may_be_repeated(vectors: QdrantVectors, control: Control):
    document = Document.named("policy")
    cut = {"truncate_after": 0}
    control.break_(on("/points", cut, times=1, method="PUT"), on("/points/batch", cut, times=1))
    await indexed(vectors, document, "one", "two")
    assert len(control.asked("/points/batch")) == 2
    assert await texts(vectors) == {"one", "two"}
