"""How often Nexus finds the right page: `python -m evals.retrieval [--set azure-northwind] [--limit 10] …`

Runs the product's own extraction, chunking, embeddings, index and retrieval over public question sets, offline, and
prints recall, page hit and nDCG for dense, BM25 and hybrid search beside a plain BM25 baseline, with 95 % bootstrap
intervals, and appends them to evals/RESULTS.md. Vectors are cached under .cache/evals: a run that is stopped
goes on where it was.
"""

import argparse
import asyncio
import shlex
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from evals.baseline import PIECE_CHARACTERS, Bm25Baseline
from evals.corpus import Corpus, found_in, index
from evals.datasets import SET_NAMES, EvalSet, load_set
from evals.metrics import Found
from evals.product import Product, product
from evals.report import Scores, append_section, score, table
from shared.domain.audience import Audience
from shared.domain.chunking import OVERLAP_TOKENS, TARGET_TOKENS
from shared.domain.documents import SearchMode
from shared.services.retrieval import PREFETCH, RRF_K

# Enough passages for ten distinct pages (or documents) even when neighbours crowd the top.
DEPTH = 50
_EVERYONE = Audience(None, None)


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
        # A run that is stopped after an hour keeps the sets that it has finished; one with --limit is no result.
        if tables and options.write and options.limit is None:
            command = f"python -m evals.retrieval {shlex.join(sys.argv[1:])}".rstrip()
            append_section(command, _facts(options), tables)


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
        corpus = await index(evals, parts, target_tokens=options.target_tokens, report=_progress)
        print(file=sys.stderr)
        for mode, title in ((SearchMode.SPARSE, "BM25"), (SearchMode.DENSE, f"dense ({options.model})")):
            rows.append(score(title, evals, await rankings(evals, parts, mode, options.k[0])))
        rows += [await _hybrid(evals, parts, k) for k in options.k]
    return table(evals, rows, _describe(corpus, options))


async def _hybrid(evals: EvalSet, parts: Product, k: int) -> Scores:
    return score(f"hybrid, k={k}", evals, await rankings(evals, parts, SearchMode.HYBRID, k))


async def rankings(evals: EvalSet, parts: Product, mode: SearchMode, k: int) -> Sequence[Sequence[Found]]:
    """The first DEPTH passages for each question, as a reader of everything gets them."""
    found: list[list[Found]] = []
    for question in evals.questions:
        passages = await parts.retrieval.search([question.text], audience=_EVERYONE, limit=DEPTH, mode=mode, rrf_k=k)
        found.append(found_in(evals, passages))
    return found


def _describe(corpus: Corpus, options: argparse.Namespace) -> str:
    return (
        f"{corpus.passages} passages of {corpus.mean_tokens:.0f} tokens on average "
        f"(target {options.target_tokens}, overlap {OVERLAP_TOKENS}), first {DEPTH} passages ranked."
    )


def _facts(options: argparse.Namespace) -> list[str]:
    return [
        f"embedding model {options.model} (offline, zero-padded to 3,072), "
        f"fusion by reciprocal rank of {max(PREFETCH, DEPTH)} candidates each, k = {', '.join(map(str, options.k))}",
    ]


def _progress(line: str) -> None:
    print(f"\r\x1b[K  {line}", end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals.retrieval", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--set", dest="sets", action="append", choices=SET_NAMES, help="may be given several times")
    parser.add_argument("--limit", type=int, help="only the first questions of each set, all documents; not kept")
    parser.add_argument("--target-tokens", type=int, default=TARGET_TOKENS, help="size of passages")
    parser.add_argument("--k", type=int, nargs="+", default=[RRF_K], help="constants of reciprocal rank fusion")
    parser.add_argument("--model", choices=("e5", "use", "hash"), default="e5", help="offline embedding model")
    parser.add_argument("--no-write", dest="write", action="store_false", help="print only, keep no history")
    return parser


def main() -> None:
    asyncio.run(run(_parser().parse_args()))


if __name__ == "__main__":
    main()
