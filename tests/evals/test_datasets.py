import json
from pathlib import Path

import pytest

from evals.baseline import Bm25Baseline
from evals.datasets import DATA, SET_NAMES, DataMissing, Evidence, Gold, load_set, load_unanswerable

SHARED = pytest.mark.skipif(not DATA.is_dir(), reason=f"the shared data is not at {DATA}")


def write_scifact(data: Path, evidence: list[dict]) -> None:
    folder = data / "scifact"
    folder.mkdir(parents=True)
    corpus = [
        {"doc": "1", "title": "Actuators ", "text": "Grease the ball screw every year. " * 60},
        {"doc": "2", "title": "Vacation", "text": "Thirty working days."},
    ]
    question = {"id": "q", "question": "How often are the screws greased?", "evidence": evidence}
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)), encoding="utf-8")
    (folder / "ground_truth.jsonl").write_text(json.dumps(question), encoding="utf-8")


def test_texts_and_gold_are_read_and_pages_are_dropped_where_only_documents_are_labelled(tmp_path: Path):
    write_scifact(tmp_path, [{"doc": "1", "page": None}])
    evals = load_set("scifact", data=tmp_path)
    assert evals.evidence is Evidence.DOCUMENT
    assert [(text.doc, text.title) for text in evals.texts] == [("1", "Actuators"), ("2", "Vacation")]
    assert evals.questions[0].gold == frozenset({Gold("1", None)})


def test_gold_that_names_a_document_which_is_not_there_is_an_error_and_not_a_zero(tmp_path: Path):
    write_scifact(tmp_path, [{"doc": "3", "page": None}])
    with pytest.raises(DataMissing, match="'3'"):
        load_set("scifact", data=tmp_path)


def test_missing_data_says_where_it_was_looked_for(tmp_path: Path):
    with pytest.raises(DataMissing, match="azure-northwind"):
        load_set("azure-northwind", data=tmp_path)


def test_the_baseline_finds_by_stem_and_cuts_long_texts(tmp_path: Path):
    write_scifact(tmp_path, [{"doc": "1", "page": None}])
    baseline = Bm25Baseline(load_set("scifact", data=tmp_path))
    assert len(baseline) == 3 + 1  # 2,040 characters and 20
    assert {found.doc for found in baseline.search("greasing screws", 10)} == {"1"}
    assert baseline.search("zeppelin", 10) == []


@SHARED
@pytest.mark.parametrize(
    ("name", "questions", "documents"),
    [
        ("azure-northwind", 50, 6),
        ("financebench", 23, 12),
        ("sec-10q", 157, 16),
        ("scifact", 537, 2500),
        ("xquad", 12 * 63, 24),
    ],
)
def test_the_shared_sets_are_whole(name: str, questions: int, documents: int):
    evals = load_set(name)
    assert len(evals.questions) == questions
    assert len(evals.files) + len(evals.texts) == documents
    assert all(question.gold for question in evals.questions)
    paged = evals.evidence is not Evidence.DOCUMENT
    assert all((gold.page is not None) == paged for question in evals.questions for gold in question.gold)
    asked_in = len({question.language for question in evals.questions})
    assert len(load_set(name, limit=3).questions) == 3 * asked_in


def test_every_set_of_the_report_is_known():
    assert SET_NAMES == ("azure-northwind", "financebench", "sec-10q", "scifact", "xquad")


@SHARED
def test_the_same_question_in_another_language_has_the_same_paragraph():
    evals = load_set("xquad", limit=2)
    by_id: dict[str, set] = {}
    for question in evals.questions:
        by_id.setdefault(question.id.split("-", 2)[2], set()).add(question.gold)
    assert len(by_id) == 2
    assert all(len(golds) == 1 for golds in by_id.values())
    (gold,) = evals.questions[0].gold
    assert gold.page is not None
    assert evals.paragraphs[gold.doc][gold.page]


@SHARED
def test_unanswerable_questions_have_no_gold_and_most_sets_have_none():
    strange = load_unanswerable("financebench")
    assert len(strange) == 17
    assert not any(question.gold for question in strange)
    assert load_unanswerable("scifact") == ()
