import numpy as np

from devstack.models.vector_cache import read_vectors, text_hash
from devstack.sample import VECTORS
from devstack.sample.vectors import MODEL, embedded, texts_to_embed


def test_known_vectors_are_kept_missing_ones_embedded_and_stale_ones_dropped():
    kept = np.ones(512, np.float16)
    known = {text_hash("passage: kept"): kept, text_hash("passage: stale"): kept}
    vectors = embedded(["passage: kept", "passage: new words"], known, model="hash")
    assert list(vectors) == [text_hash("passage: kept"), text_hash("passage: new words")]
    assert vectors[text_hash("passage: kept")] is kept
    fresh = vectors[text_hash("passage: new words")].astype(np.float32)
    assert abs(float(np.linalg.norm(fresh)) - 1.0) < 1e-2


async def test_the_shipped_vectors_are_those_of_the_texts_that_ingestion_embeds():
    texts = await texts_to_embed()
    assert len(texts) > 30
    assert any(text.startswith("passage: HR › Gehaltsbaender_2026.xlsx") for text in texts)
    [(model, vectors)] = read_vectors(VECTORS)
    assert model == MODEL
    stale = "out of date: run python -m devstack.sample.vectors"
    assert vectors.keys() == {text_hash(text) for text in texts}, stale
