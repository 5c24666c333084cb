"""`python -m devstack.models.export_cache`: writes vectors of the cache to a file that `--seed-cache` loads.

Without `--texts` all vectors of the model go out; with it those of the given texts, and what is missing is embedded
first. FILE.jsonl has a text a line, as a JSON string or as `{"text": …}`, exactly as the caller sends it: with the
`query: ` or `passage: ` prefix.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from devstack.models.embedding_queue import EmbeddingQueue
from devstack.models.encoders import ENCODERS
from devstack.models.vector_cache import Half, VectorCache, text_hash, write_vectors
from devstack.models.wire import clean

TEXTS_A_REQUEST = 64


def texts_of(file: Path) -> list[str]:
    texts: list[str] = []
    # Split at LF alone: splitlines() would also cut at U+2028, which JSON may hold unescaped.
    for line in file.read_text("utf-8").split("\n"):
        if line.strip():
            row = json.loads(line)
            texts.append(clean(row if isinstance(row, str) else row["text"]))
    return texts


async def vectors_of(texts: list[str], cache: VectorCache, embedding: str) -> dict[bytes, Half]:
    queue = EmbeddingQueue(embedding, cache, min(2, os.cpu_count() or 1))
    queue.start()
    found: dict[bytes, Half] = {}
    try:
        for start in range(0, len(texts), TEXTS_A_REQUEST):
            part = texts[start : start + TEXTS_A_REQUEST]
            vectors = await queue.vectors(part)
            found |= dict(zip(map(text_hash, part), vectors, strict=True))
            print(f"{start + len(part)} of {len(texts)}", file=sys.stderr)
    finally:
        await queue.stop()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.models.export_cache", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the --home of the server whose cache it is")
    parser.add_argument("--embedding", choices=sorted(set(ENCODERS) - {"hash"}), default="e5")
    parser.add_argument("--texts", type=Path, metavar="FILE.jsonl")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    options = parser.parse_args()
    cache = VectorCache(options.home, options.embedding)
    try:
        if options.texts is None:
            vectors = cache.all()
        else:
            vectors = asyncio.run(vectors_of(texts_of(options.texts), cache, options.embedding))
    finally:
        cache.close()
    write_vectors(options.out, options.embedding, vectors)
    print(json.dumps({"vectors": len(vectors), "bytes": options.out.stat().st_size, "file": str(options.out)}))


if __name__ == "__main__":
    main()
