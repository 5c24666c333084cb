"""Makes devstack/sample/vectors.npz: the e5 vectors of the sample library, so that the first `make up` is quick.

    python -m devstack.sample.vectors

The offline model embeds four to five passages a second; the model server is started with this file as its
`--seed-cache` and finds them done. Run it again whenever the texts, the extraction, the chunking or the breadcrumb
change. Texts that are in the file already are not embedded again, texts that are gone are left out.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from devstack.models.encoders import ENCODERS, PASSAGE_PREFIX
from devstack.models.vector_cache import Half, read_vectors, text_hash, write_vectors
from devstack.sample import SAMPLE_LIBRARIES, VECTORS
from devstack.sample.build import build
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.tokenizer import O200kTokenizer
from shared.domain.breadcrumbs import breadcrumb_of
from shared.domain.chunking import chunk

MODEL = "e5"


async def texts_to_embed() -> list[str]:
    """What ingestion sends to the model for the sample library, prefix included, in a stable order."""
    tokenizer, extractor = O200kTokenizer(), ExtractionSandbox(workers=1)
    library_of = {library.folder: library.name for library in SAMPLE_LIBRARIES}
    texts: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="nexus-sample-") as folder:
            for relative in build(Path(folder)):
                extracted = await extractor.extract(Path(folder, relative), relative.name)
                breadcrumb = breadcrumb_of(library_of[relative.parts[0]], relative.name)
                passages = chunk(extracted, breadcrumb=breadcrumb, count_tokens=tokenizer.count)
                texts += [f"{PASSAGE_PREFIX}{passage.embedded_text}" for passage in passages]
    finally:
        await extractor.close()
    return texts


def embedded(texts: Sequence[str], known: dict[bytes, Half], model: str = MODEL) -> dict[bytes, Half]:
    """The vectors of exactly these texts, by hash; those in `known` are taken from there. `model` is loaded only
    when there is something to embed."""
    missing = {text_hash(text): text for text in texts if text_hash(text) not in known}
    fresh: dict[bytes, Half] = {}
    if missing:
        matrix = ENCODERS[model]().encode(list(missing.values())).astype(np.float16)
        fresh = dict(zip(missing, matrix, strict=True))
    return {key: fresh[key] if key in fresh else known[key] for key in map(text_hash, texts)}


def main() -> None:
    texts = asyncio.run(texts_to_embed())
    known: dict[bytes, Half] = {}
    if VECTORS.is_file():
        known = next((vectors for model, vectors in read_vectors(VECTORS) if model == MODEL), {})
    vectors = embedded(texts, known)
    write_vectors(VECTORS, MODEL, vectors)
    new = len(vectors.keys() - known.keys())
    print(f"{VECTORS.name}: {len(vectors)} passages, {new} embedded now", file=sys.stderr)


if __name__ == "__main__":
    main()
