"""Turns rankings into the tables that are printed and kept in RESULTS.md."""

import datetime
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.datasets import EvalSet, Evidence, Gold
from evals.metrics import (
    Found,
    Interval,
    bootstrap,
    document_hit,
    document_ndcg,
    document_recall,
    page_hit,
    page_hit_distinct,
    page_recall,
    paired_difference,
)

RESULTS = Path(__file__).parent / "RESULTS.md"

type Metric = Callable[[Sequence[Found], frozenset[Gold], int], float]

COLUMNS: dict[Evidence, tuple[tuple[str, Metric, int], ...]] = {
    Evidence.PAGE: (
        ("page hit@5", page_hit, 5),
        ("page hit@5 distinct", page_hit_distinct, 5),
        ("recall@5", page_recall, 5),
        ("recall@10", page_recall, 10),
    ),
    Evidence.PARAGRAPH: (
        ("paragraph hit@5", page_hit, 5),
        ("recall@5", page_recall, 5),
        ("recall@10", page_recall, 10),
    ),
    Evidence.DOCUMENT: (
        ("doc hit@5", document_hit, 5),
        ("doc recall@5", document_recall, 5),
        ("doc recall@10", document_recall, 10),
        ("nDCG@10", document_ndcg, 10),
    ),
}
# The metric that answers "is hybrid worth it" for a set, compared question by question.
HEADLINE = {
    Evidence.PAGE: "page hit@5",
    Evidence.PARAGRAPH: "paragraph hit@5",
    Evidence.DOCUMENT: "nDCG@10",
}


@dataclass(frozen=True, slots=True)
class Scores:
    """Each metric's value per question, in the set's order."""

    retriever: str
    by_metric: Mapping[str, tuple[float, ...]]


def score(retriever: str, evals: EvalSet, rankings: Sequence[Sequence[Found]]) -> Scores:
    """`rankings` in the order of the set's questions; raises ValueError when their number differs."""
    pairs = list(zip(rankings, evals.questions, strict=True))
    return Scores(
        retriever,
        {
            name: tuple(metric(ranking, question.gold, k) for ranking, question in pairs)
            for name, metric, k in COLUMNS[evals.evidence]
        },
    )


def table(evals: EvalSet, rows: Sequence[Scores], description: str) -> str:
    """Markdown: one row a retriever, `mean [low–high]`, then hybrid against each other one on the headline."""
    names = [name for name, _, _ in COLUMNS[evals.evidence]]
    lines = [
        f"### {evals.name}: {len(evals.questions)} questions, {len(evals.files) or len(evals.texts)} documents",
        "",
        description,
        "",
        "| retriever | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    lines += [
        f"| {row.retriever} | " + " | ".join(cell(bootstrap(row.by_metric[name])) for name in names) + " |"
        for row in rows
    ]
    headline = HEADLINE[evals.evidence]
    ours = next((row for row in rows if row.retriever.startswith("hybrid")), None)
    if ours is not None and len(rows) > 1:
        differences = [
            f"{row.retriever} {signed(paired_difference(ours.by_metric[headline], row.by_metric[headline]))}"
            for row in rows
            if row is not ours
        ]
        lines += ["", f"{ours.retriever} minus, {headline}, paired by question: " + "; ".join(differences) + "."]
    if ours is not None and len({question.language for question in evals.questions}) > 1:
        lines += ["", f"{ours.retriever}, {headline}, by the question's language: {_by_language(evals, ours)}."]
    return "\n".join(lines)


def _by_language(evals: EvalSet, row: Scores) -> str:
    values: dict[str, list[float]] = {}
    for question, value in zip(evals.questions, row.by_metric[HEADLINE[evals.evidence]], strict=True):
        values.setdefault(question.language, []).append(value)
    return ", ".join(f"{language} {short(sum(each) / len(each))}" for language, each in values.items())


def append_section(command: str, facts: Sequence[str], tables: Sequence[str], target: Path = RESULTS) -> None:
    """Adds a dated section at the end; earlier ones stay, they are the history."""
    now = datetime.datetime.now(datetime.UTC)
    section = [
        f"## {now:%Y-%m-%d %H:%M} UTC",
        "",
        f"`{command}`",
        "",
        *(f"- {fact}" for fact in (*facts, f"Python {platform.python_version()}, {platform.system()}")),
        "",
        "\n\n".join(tables),
        "",
    ]
    earlier = target.read_text(encoding="utf-8") if target.is_file() else _HEAD
    target.write_text(earlier.rstrip() + "\n\n" + "\n".join(section), encoding="utf-8")


_HEAD = """# Retrieval quality, run by run

Newest last. Every row is the mean over the questions with its 95 % bootstrap interval (10,000 resamples, seeded).
What each column means stands in `evals/metrics.py`: page hit@5 looks at the pages of the first five passages,
recall@k at the first k distinct pages; sets that label documents only (sec-10q, scifact) have document metrics.
"""


def cell(interval: Interval) -> str:
    return f"{short(interval.mean)} [{short(interval.low)}–{short(interval.high)}]"


def signed(interval: Interval) -> str:
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if value < 1 else f"{value:.2f}"
