"""A document's passages from staging to removal: readers see one whole version at a time."""

from datetime import UTC, datetime

import pytest

from shared.adapters.vectors_qdrant import PUBLISH_POSITIONS, SCROLL_POINTS, QdrantVectors
from shared.domain.audience import Audience, Scope
from shared.domain.documents import PassageCounts, PublishedPassage, RetrievedPassage
from shared.domain.ids import PassageId
from shared.errors import Unavailable
from tests.shared.adapters.vectors_qdrant.library import ANYBODY, DE, HR, SALES, Document, found, indexed, texts


async def test_a_staged_passage_is_stored_but_found_by_nobody(vectors: QdrantVectors):
    document = Document.named("policy")
    await vectors.stage(document.labels, document.points("one", "two"))
    assert await texts(vectors) == set()
    assert await vectors.stored(document.labels.document_id) == {
        document.passage_id("one"),
        document.passage_id("two"),
    }


async def test_a_published_passage_comes_back_with_all_that_a_citation_needs(vectors: QdrantVectors):
    document = Document.named("policy").relabelled(last_modified=datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    await indexed(vectors, document, "one")
    (passage,) = await found(vectors)
    assert passage == RetrievedPassage(
        passage_id=document.passage_id("one"),
        document_id=document.labels.document_id,
        library_id=document.labels.library_id,
        file_name="policy.pdf",
        file_url="https://contoso.example/policy.pdf",
        file_type="pdf",
        text="one",
        page=1,
        last_page=1,
        section="Section",
        chunk_index=0,
        total_chunks=1,
        language="en",
        score=1.0,  # nothing is nearer or says more of the question's terms
        similarity=passage.similarity,
        term_score=passage.term_score,
    )
    assert passage.similarity == pytest.approx(1.0, abs=1e-5)
    assert passage.term_score > 0


async def test_a_new_version_replaces_the_old_one_and_keeps_what_both_say(vectors: QdrantVectors):
    document = Document.named("policy")
    await indexed(vectors, document, "one", "two", "three")
    await vectors.stage(document.labels, document.points("new"))
    assert await texts(vectors) == {"one", "two", "three"}

    await vectors.publish(document.labels, document.positions("new", "three", "one"))
    places = {passage.text: (passage.chunk_index, passage.total_chunks) for passage in await found(vectors)}
    assert places == {"new": (0, 3), "three": (1, 3), "one": (2, 3)}
    assert len(await vectors.stored(document.labels.document_id)) == 3


async def test_publishing_twice_leaves_the_same_state(vectors: QdrantVectors):
    document, other = Document.named("policy"), Document.named("other")
    await indexed(vectors, other, "else")
    for _ in range(2):
        await indexed(vectors, document, "one", "two")
    assert await texts(vectors) == {"one", "two", "else"}


async def test_embedding_a_published_passage_again_never_hides_it(vectors: QdrantVectors):
    document = Document.named("policy")
    await indexed(vectors, document, "one", "two")
    before = {passage.text: passage.score for passage in await found(vectors)}
    await vectors.stage(document.labels, document.points("one", "three", dense=(0, 1, 0, 0)))
    assert await texts(vectors) == {"one", "two"}
    dense_first = (await found(vectors))[0]
    assert dense_first.text == "two"  # the new vector of "one" is in use
    assert before.keys() == {"one", "two"}
    await vectors.publish(document.labels, document.positions("one", "three"))
    assert await texts(vectors) == {"one", "three"}


async def test_relabelling_changes_name_and_scope_and_nothing_else(vectors: QdrantVectors):
    document = Document.named("policy")
    await indexed(vectors, document, "one", "two")
    moved = document.relabelled(file_name="renamed.pdf", scope=Scope(HR, DE))
    await vectors.publish(moved.labels, ())
    assert await texts(vectors) == set()
    passages = await found(vectors, Audience(HR, DE))
    assert {(passage.text, passage.file_name, passage.page) for passage in passages} == {
        ("one", "renamed.pdf", 1),
        ("two", "renamed.pdf", 2),
    }
    await vectors.publish(document.labels, ())
    assert await texts(vectors, ANYBODY) == {"one", "two"}


async def test_relabelling_does_not_publish_what_a_broken_version_left_staged(vectors: QdrantVectors):
    document = Document.named("policy")
    await indexed(vectors, document, "one")
    await vectors.stage(document.labels, document.points("half", "done"))
    await vectors.publish(document.relabelled(scope=Scope(SALES, None)).labels, ())
    assert await texts(vectors, Audience(SALES, None)) == {"one"}
    await vectors.publish(document.labels, document.positions("one"))
    assert await vectors.stored(document.labels.document_id) == {document.passage_id("one")}


async def test_an_inactive_document_is_hidden_until_it_is_active_again(vectors: QdrantVectors):
    document = Document.named("policy")
    await indexed(vectors, document, "one")
    await vectors.publish(document.relabelled(is_active=False).labels, ())
    assert await texts(vectors) == set()
    await vectors.publish(document.labels, ())
    assert await texts(vectors) == {"one"}


async def test_removed_documents_leave_nothing_and_others_stay(vectors: QdrantVectors):
    documents = [Document.named(f"document-{number}") for number in range(130)]
    for document in documents:
        await vectors.stage(document.labels, document.points(f"text {document.labels.file_name}"))
    await vectors.remove([document.labels.document_id for document in documents[:-1]])
    assert [len(await vectors.stored(document.labels.document_id)) for document in documents] == [0] * 129 + [1]


async def test_a_document_larger_than_any_batch_is_stored_published_and_listed_whole(vectors: QdrantVectors):
    document = Document.named("data")
    names = [f"row {number}" for number in range(SCROLL_POINTS + PUBLISH_POSITIONS + 3)]
    await vectors.stage(document.labels, document.points(*names))
    await vectors.publish(document.labels, document.positions(*names))
    assert await vectors.stored(document.labels.document_id) == {document.passage_id(name) for name in names}
    shorter = names[: PUBLISH_POSITIONS + 1]
    await vectors.publish(document.labels, document.positions(*shorter))
    assert len(await vectors.stored(document.labels.document_id)) == len(shorter)


async def test_publishing_a_passage_that_is_not_there_is_refused_and_shows_nothing(vectors: QdrantVectors):
    document = Document.named("policy")
    await indexed(vectors, document, "one")
    with pytest.raises(Unavailable):
        await vectors.publish(document.labels, document.positions("one", "never staged"))
    assert await texts(vectors) == {"one"}


async def test_a_document_switched_off_is_not_found_from_then_on_and_keeps_its_labels(vectors: QdrantVectors):
    document = Document.named("policy", Scope(HR, None))
    await indexed(vectors, document, "one", "two")
    await indexed(vectors, Document.named("other"), "other")
    await vectors.switch(document.labels.document_id, 1, is_active=False)
    assert await texts(vectors, Audience(HR, None)) == {"other"}
    assert await vectors.count(document.labels.document_id) == PassageCounts(0, 2, 0)
    await vectors.switch(document.labels.document_id, 2, is_active=True)
    assert await texts(vectors, Audience(HR, None)) == {"one", "two", "other"}
    assert await texts(vectors, Audience(SALES, None)) == {"other"}


async def test_who_read_a_document_before_it_was_switched_off_cannot_bring_it_back(vectors: QdrantVectors):
    """An ingest and a re-label under way: what they publish was staged before the switch."""
    document = Document.named("policy").relabelled(version=4)
    await indexed(vectors, document, "one")
    await vectors.stage(document.labels, document.points("one", "new"))
    await vectors.switch(document.labels.document_id, 5, is_active=False)
    await vectors.publish(document.labels, document.positions("one", "new"))
    assert await texts(vectors) == set()
    await vectors.publish(document.labels, ())
    assert await texts(vectors) == set()
    # whoever knows of the switch, and of the one back, is heard
    await vectors.publish(document.relabelled(version=6, is_active=False).labels, document.positions("one", "new"))
    assert await texts(vectors) == set()
    await vectors.publish(document.relabelled(version=7).labels, ())
    assert await texts(vectors) == {"one", "new"}


async def test_switching_on_does_not_show_what_is_staged(vectors: QdrantVectors):
    document = Document.named("policy")
    await indexed(vectors, document, "one")
    await vectors.switch(document.labels.document_id, 1, is_active=False)
    await vectors.stage(document.labels, document.points("half"))
    await vectors.switch(document.labels.document_id, 2, is_active=True)
    assert await texts(vectors) == {"one"}


async def test_passages_are_counted_by_what_readers_see_of_them(vectors: QdrantVectors):
    document = Document.named("policy", Scope(HR, DE))
    await indexed(vectors, document, "one", "two", "three")
    await vectors.stage(document.labels, document.points("staged"))
    await indexed(vectors, Document.named("other"), "other")
    counted = document.labels.document_id
    assert await vectors.count(counted) == PassageCounts(3, 0, 1)
    assert await vectors.count(counted, audience=Audience(HR, DE)) == PassageCounts(3, 0, 1, 3)
    assert await vectors.count(counted, audience=Audience(SALES, DE)) == PassageCounts(3, 0, 1, 0)
    assert await vectors.count(Document.named("unknown").labels.document_id) == PassageCounts(0, 0, 0)


async def test_published_passages_are_read_page_by_page_with_all_that_another_index_needs(vectors: QdrantVectors):
    document, other = Document.named("policy"), Document.named("other")
    names = tuple(f"text {number}" for number in range(10))
    await indexed(vectors, other, "else")
    await indexed(vectors, document.relabelled(is_active=False), *names)
    await vectors.stage(document.labels, document.points("of a version to come"))
    read: list[PublishedPassage] = []
    after: PassageId | None = None
    while page := await vectors.passages(document.labels.document_id, after=after, limit=4):
        assert len(page) <= 4
        read += page
        after = page[-1].position.passage_id
    expected = [PublishedPassage(p, n, "en") for p, n in zip(document.positions(*names), names, strict=True)]
    assert read == sorted(expected, key=lambda passage: passage.position.passage_id)
