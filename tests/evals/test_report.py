from pathlib import Path

import pytest

from evals.datasets import EvalSet, Evidence, Gold, Question
from evals.metrics import Found
from evals.report import append_section, score, table


def small_set(evidence: Evidence = Evidence.PAGE) -> EvalSet:
    page = 1 if evidence is Evidence.PAGE else None
    questions = tuple(Question(str(n), f"question {n}", frozenset({Gold("a", page)})) for n in range(4))
    return EvalSet("small", evidence, Path(), ("a", "b"), (), questions)


def test_a_table_shows_the_mean_with_its_interval_and_the_paired_difference():
    evals = small_set()
    right, wrong = [Found("a", (1,))], [Found("b", (1,))]
    rows = [
        score("BM25", evals, [right, wrong, wrong, wrong]),
        score("hybrid", evals, [right, right, right, right]),
    ]
    text = table(evals, rows, "500 tokens")
    assert "### small: 4 questions, 2 documents" in text
    assert "| retriever | page hit@5 | page hit@5 distinct | recall@5 | recall@10 |" in text
    assert "| BM25 | .250 [.000–.750] |" in text
    assert "| hybrid | 1.00 [1.00–1.00] |" in text
    assert "hybrid minus, page hit@5, paired by question: BM25 +0.750 [+0.250, +1.000]." in text


def test_sets_that_label_documents_have_document_metrics():
    evals = small_set(Evidence.DOCUMENT)
    text = table(evals, [score("dense", evals, [[Found("b"), Found("a")]] * 4)], "500 tokens")
    assert "| dense | 1.00 [1.00–1.00] | 1.00 [1.00–1.00] | 1.00 [1.00–1.00] | .631 [.631–.631] |" in text


def test_a_ranking_for_each_question_is_demanded():
    with pytest.raises(ValueError, match="longer"):
        score("dense", small_set(), [[Found("a", (1,))]])


def test_the_history_keeps_earlier_sections(tmp_path: Path):
    results = tmp_path / "RESULTS.md"
    append_section("python -m evals.retrieval --set one", ["model e5"], ["table one"], results)
    append_section("python -m evals.retrieval --set two", ["model e5"], ["table two"], results)
    text = results.read_text(encoding="utf-8")
    assert text.startswith("# Retrieval quality")
    assert text.index("--set one") < text.index("table one") < text.index("--set two") < text.index("table two")
