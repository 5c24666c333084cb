"""What each technique of retrieval is worth: `python -m evals.ablation [--set financebench] …`

Takes one technique away at a time, or gives another value to a parameter, and compares question by question. The
fusion's weight is also chosen anew without each set and judged on the one left out. With --passages the sets are
indexed anew without breadcrumbs and with shorter and longer passages, which embeds them anew.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evals.corpus import found_in, index
from evals.datasets import SET_NAMES, EvalSet, load_set
from evals.metrics import Found, bootstrap, paired_difference
from evals.options import keep, parser, progress
from evals.product import Product, product
from evals.report import COLUMNS, HEADLINE, Scores, cell, score, signed
from evals.retrieval import DEPTH, EVERYONE
from shared.domain import bm25
from shared.domain.documents import RetrievedPassage, SearchMode, SearchQuery
from shared.domain.fusion import DENSE_SHARE, fused
from shared.domain.ranking import without_repeats
from shared.services.retrieval import CANDIDATES

MODULE = "evals.ablation"
SHARES = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7)
RRF_KS = (2, 10, 60)
OTHER_CANDIDATES = (20, 80)
OTHER_SIZES = (250, 550)


@dataclass(frozen=True, slots=True)
class _Lists:
    """What the index says to one question; `both` has the scores of both retrievers."""

    dense: list[RetrievedPassage]
    sparse: list[RetrievedPassage]
    both: Mapping[int, list[RetrievedPassage]]


type _Ranking = Callable[[_Lists], list[RetrievedPassage]]


def by_share(share: float, candidates: int = CANDIDATES) -> _Ranking:
    def ranked(lists: _Lists) -> list[RetrievedPassage]:
        both = lists.both[candidates]
        scores = fused([p.similarity for p in both], [p.term_score for p in both], dense_share=share)
        return [passage for _, passage in sorted(zip(scores, both, strict=True), key=lambda pair: -pair[0])]

    return ranked


def by_rank(k: int) -> _Ranking:
    """Reciprocal rank fusion as Qdrant does it, ranks from 0."""

    def ranked(lists: _Lists) -> list[RetrievedPassage]:
        scores: dict[object, float] = {}
        passages = {passage.passage_id: passage for passage in (*lists.dense, *lists.sparse)}
        for ranking in (lists.dense, lists.sparse):
            for rank, passage in enumerate(ranking):
                scores[passage.passage_id] = scores.get(passage.passage_id, 0.0) + 1 / (k + rank)
        return [passages[key] for key in sorted(passages, key=lambda key: -scores[key])]  # type: ignore[index]

    return ranked


def own_scores_only(lists: _Lists) -> list[RetrievedPassage]:
    """The same fusion, but a passage that one retriever did not bring counts nothing there."""
    dense = {passage.passage_id: passage.similarity for passage in lists.dense}
    sparse = {passage.passage_id: passage.term_score for passage in lists.sparse}
    passages = {passage.passage_id: passage for passage in (*lists.dense, *lists.sparse)}
    least = min(dense.values(), default=0.0)
    scores = fused([dense.get(key, least) for key in passages], [sparse.get(key, 0.0) for key in passages])
    pairs = sorted(zip(scores, passages.values(), strict=True), key=lambda pair: -pair[0])
    return [passage for _, passage in pairs]


def one_of_a_page_first(lists: _Lists) -> list[RetrievedPassage]:
    first: dict[object, RetrievedPassage] = {}
    rest: list[RetrievedPassage] = []
    for passage in by_share(DENSE_SHARE)(lists):
        place = (passage.document_id, passage.page)
        if passage.page is not None and place in first:
            rest.append(passage)
        else:
            first[place if passage.page is not None else passage.passage_id] = passage
    return [*first.values(), *rest]


_VARIANTS: dict[str, _Ranking] = {
    "product": by_share(DENSE_SHARE),
    "BM25 alone": lambda lists: lists.sparse,
    "dense alone": lambda lists: lists.dense,
    **{f"reciprocal ranks, k = {k}": by_rank(k) for k in RRF_KS},
    "each candidate with its own retriever's score only": own_scores_only,
    **{f"dense share {share}": by_share(share) for share in SHARES if share != DENSE_SHARE},
    **{f"{count} candidates each": by_share(DENSE_SHARE, count) for count in OTHER_CANDIDATES},
    "one passage of each page first": one_of_a_page_first,
}


async def run(options: argparse.Namespace) -> None:
    tables: list[str] = []
    by_set: dict[str, list[Scores]] = {}
    for name in options.sets or SET_NAMES:
        evals = load_set(name, limit=options.limit)
        async with product(options.model) as parts:
            await index(evals, parts, report=progress)
            lists = await _ask(evals, parts)
        rows = [_scored(title, evals, lists, ranking) for title, ranking in _VARIANTS.items()]
        by_set[name] = rows
        if options.passages:
            rows = [*rows, *await _other_passages(evals, options)]
        tables.append(_table(evals, rows))
        print(f"\n{tables[-1]}", flush=True)
    if len(by_set) > 1:
        tables.append(_left_out(by_set))
        print(f"\n{tables[-1]}")
    keep(MODULE, options, [f"embedding model {options.model}; differences are paired by question"], tables)


async def _ask(evals: EvalSet, parts: Product) -> list[_Lists]:
    texts = [question.text for question in evals.questions]
    vectors = await parts.embeddings.embed_queries(texts)
    found: list[_Lists] = []
    for text, vector in zip(texts, vectors, strict=True):
        sparse = bm25.encode_query(text)
        wanted = [(SearchMode.DENSE, DEPTH), (SearchMode.SPARSE, DEPTH)]
        wanted += [(SearchMode.HYBRID, count) for count in (CANDIDATES, *OTHER_CANDIDATES)]
        queries = [SearchQuery(vector, sparse, count, mode) for mode, count in wanted]
        dense, terms, *both = await parts.vectors.search(queries, audience=EVERYONE)
        found.append(_Lists(dense, terms, dict(zip((CANDIDATES, *OTHER_CANDIDATES), both, strict=True))))
    return found


def _scored(title: str, evals: EvalSet, lists: Sequence[_Lists], ranking: _Ranking) -> Scores:
    rankings: list[list[Found]] = [found_in(evals, without_repeats(ranking(each))[:DEPTH]) for each in lists]
    return score(title, evals, rankings)


async def _other_passages(evals: EvalSet, options: argparse.Namespace) -> list[Scores]:
    rows: list[Scores] = []
    variants = [("without breadcrumbs", {"breadcrumbs": False})]
    variants += [(f"passages of {size} tokens", {"target_tokens": size}) for size in OTHER_SIZES]
    for title, how in variants:
        async with product(options.model) as parts:
            await index(evals, parts, report=progress, **how)
            lists = await _ask(evals, parts)
        rows.append(_scored(title, evals, lists, _VARIANTS["product"]))
    return rows


def _table(evals: EvalSet, rows: Sequence[Scores]) -> str:
    names = [name for name, _, _ in COLUMNS[evals.evidence]]
    headline = HEADLINE[evals.evidence]
    lines = [
        f"### Ablations, {evals.name}: {len(evals.questions)} questions",
        "",
        f"| retrieval | {' | '.join(names)} | product minus this, {headline} |",
        "|---" * (len(names) + 2) + "|",
    ]
    for row in rows:
        cells = " | ".join(cell(bootstrap(row.by_metric[name])) for name in names)
        difference = paired_difference(rows[0].by_metric[headline], row.by_metric[headline])
        lines.append(f"| {row.retriever} | {cells} | {'' if row is rows[0] else signed(difference)} |")
    return "\n".join(lines)


def _left_out(by_set: Mapping[str, Sequence[Scores]]) -> str:
    """The dense share that is best on all sets but one, and what it does on that one."""
    means: dict[str, dict[float, float]] = {}
    for name, rows in by_set.items():
        headline = HEADLINE[load_set(name, limit=1).evidence]
        values = {row.retriever: sum(row.by_metric[headline]) / len(row.by_metric[headline]) for row in rows}
        means[name] = {share: values["product" if share == DENSE_SHARE else f"dense share {share}"] for share in SHARES}
    lines = [
        "### The dense share, chosen without each set",
        "",
        "| set left out | chosen on the others | its headline there | with the product's | the best possible |",
        "|---|---|---|---|---|",
    ]
    for name, own in means.items():
        others = [values for other, values in means.items() if other != name]
        chosen = max(SHARES, key=lambda share: sum(values[share] for values in others))
        lines.append(f"| {name} | {chosen} | {own[chosen]:.3f} | {own[DENSE_SHARE]:.3f} | {max(own.values()):.3f} |")
    return "\n".join(lines)


def main() -> None:
    options = parser(MODULE, __doc__)
    options.add_argument(
        "--passages", action="store_true", help="also index anew without breadcrumbs and otherwise cut"
    )
    asyncio.run(run(options.parse_args()))


if __name__ == "__main__":
    main()
