"""How often Nexus finds the right page: `python -m evals.retrieval [--set azure-northwind] [--limit 10] …`

Runs the product's own extraction, chunking, embeddings, index and retrieval over public question sets, offline, and
prints recall, page hit and nDCG for dense, BM25 and hybrid search beside a plain BM25 baseline, with 95 % bootstrap
intervals, and appends them to evals/RESULTS.md. Vectors are cached under .cache/evals: a run that is stopped
goes on where it was.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from evals.baseline import PIECE_CHARACTERS, Bm25Baseline
from evals.corpus import Corpus, found_in, index
from evals.datasets import SET_NAMES, EvalSet, load_set
from evals.metrics import Found
from evals.options import keep, parser, progress
from evals.product import Product, product
from evals.report import score, table
from shared.domain.audience import Audience
from shared.domain.chunking import OVERLAP_TOKENS, TARGET_TOKENS
from shared.domain.documents import SearchMode
from shared.domain.fusion import DENSE_SHARE
from shared.services.retrieval import CANDIDATES

MODULE = "evals.retrieval"
# What the chat asks for; enough for ten distinct pages (or documents) even when neighbours crowd the top.
DEPTH = CANDIDATES
EVERYONE = Audience(None, None)
_RETRIEVERS = (
    (SearchMode.SPARSE, "BM25"),
    (SearchMode.DENSE, "dense ({model})"),
    (SearchMode.HYBRID, "hybrid"),
)


async def run(options: argparse.Namespace) -> None:
    tables: list[str] = []
    try:
        for name in options.sets or SET_NAMES:
            evals = load_set(name, limit=options.limit)
            print(f"\n{name}: {len(evals.questions)} questions", flush=True)
            text = await _table_of(evals, options)
            print(f"\n{text}", flush=True)
            tables.append(text)
    finally:
        # A run that is stopped after an hour keeps the sets that it has finished.
        keep(MODULE, options, _facts(options), tables)


async def _table_of(evals: EvalSet, options: argparse.Namespace) -> str:
    baseline = Bm25Baseline(evals)
    rows = [
        score(
            f"baseline: BM25 over {PIECE_CHARACTERS}-character chunks ({len(baseline)})",
            evals,
            [baseline.search(question.text, DEPTH) for question in evals.questions],
        )
    ]
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(product(options.model))
        corpus = await index(evals, parts, target_tokens=options.target_tokens, report=progress)
        print(file=sys.stderr)
        for mode, title in _RETRIEVERS:
            rows.append(score(title.format(model=options.model), evals, await rankings(evals, parts, mode)))
    return table(evals, rows, _describe(corpus, options))


async def rankings(evals: EvalSet, parts: Product, mode: SearchMode) -> Sequence[Sequence[Found]]:
    """The first DEPTH passages for each question, as a reader of everything gets them."""
    found: list[list[Found]] = []
    for question in evals.questions:
        passages = await parts.retrieval.search([question.text], audience=EVERYONE, limit=DEPTH, mode=mode)
        found.append(found_in(evals, passages))
    return found


def _describe(corpus: Corpus, options: argparse.Namespace) -> str:
    return (
        f"{corpus.passages} passages of {corpus.mean_tokens:.0f} tokens on average "
        f"(target {options.target_tokens}, overlap {OVERLAP_TOKENS}), first {DEPTH} passages ranked."
    )


def _facts(options: argparse.Namespace) -> list[str]:
    return [
        f"embedding model {options.model}, fusion of the scores of {CANDIDATES} candidates each, "
        f"dense share {DENSE_SHARE}",
    ]


def main() -> None:
    options = parser(MODULE, __doc__)
    options.add_argument("--target-tokens", type=int, default=TARGET_TOKENS, help="size of passages")
    asyncio.run(run(options.parse_args()))


if __name__ == "__main__":
    main()
