"""Cases from feedback are really evaluated: the exported file, the product's own pipeline, the hash model for speed."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from evals import cases
from evals.cases import load_cases
from evals.datasets import DataMissing, Gold

NOTES = """# Firmware release process

A release candidate is tested for ten working days on the bench before it is signed.
"""
TRAVEL = """# Travel and expenses

Train journeys above four hours may be booked in first class.
"""


def row(question: str, verdict: str, file_name: str | None = None, **more: Any) -> dict[str, Any]:
    """As `GET /admin/eval-cases/export` writes it (tests/security/test_feedback_triage.py looks at that)."""
    expected = None
    if file_name is not None:
        expected = {"document_id": str(uuid4()), "file_name": file_name, "file_url": None, "page": None} | more
    return {
        "id": str(uuid4()),
        "question": question,
        "verdict": verdict,
        "expected": expected,
        "note": None,
        "created_at": "2026-11-23T08:00:00Z",
    }


def written(folder: Path, *rows: dict[str, Any]) -> Namespace:
    docs = folder / "docs"
    for path, text in (("Engineering/Release.md", NOTES), ("Company/Travel.md", TRAVEL)):
        (docs / path).parent.mkdir(parents=True, exist_ok=True)
        (docs / path).write_text(text, encoding="utf-8")
    file = folder / "eval-cases.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    return Namespace(file=file, docs=docs, model="hash", limit=None)


FOUND = row("How many working days is a release candidate tested on the bench?", "wrong", "Release.md")
REFUSED = row("What is the net income of Fabrikam for the year?", "unanswerable")


async def test_cases_that_hold_are_counted_by_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    right = row("Which train journeys may be booked in first class?", "right", "Travel.md")
    assert await cases.run(written(tmp_path, FOUND, REFUSED, right)) == 0
    told = capsys.readouterr().out
    for verdict in ("right", "wrong", "unanswerable"):
        assert f"| {verdict} | 1 | 1.00 " in told


async def test_cases_that_do_not_hold_are_named_and_fail_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    answered = row("How many working days is a release candidate tested?", "unanswerable")
    # a document of one page has no second one: whatever is found is not what the case names
    elsewhere = row("Which train journeys may be booked in first class?", "right", "Travel.md", page=2)
    assert await cases.run(written(tmp_path, FOUND, answered, elsewhere)) == 1
    told = capsys.readouterr().out
    assert f"does not hold (unanswerable): {answered['question']}  [{answered['id']}]" in told
    assert f"does not hold (right): {elsewhere['question']}" in told
    assert FOUND["question"] not in told


def test_of_files_with_one_name_the_one_at_the_documents_address_is_meant(tmp_path: Path):
    options = written(
        tmp_path,
        row("?", "right", "Travel.md", file_url="https://sp.example/sites/x/Shared%20Documents/Engineering/Travel.md"),
    )
    (options.docs / "Engineering" / "Travel.md").write_text(TRAVEL, encoding="utf-8")
    _, (case,) = load_cases(options.file, options.docs)
    assert case.question.gold == frozenset({Gold("Engineering/Travel.md", None)})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 1 is not a case"),
        ("[]", "line 1 is not a case"),
        (json.dumps(row("?", "fine")), "line 1 is not a case"),
        (json.dumps(row("?", "right")), "line 1 is not a case"),
        (json.dumps(row("?", "unanswerable", "Travel.md")), "line 1 is not a case"),
        (json.dumps(row("?", "right", "Gone.md")), "line 1 names 'Gone.md', which the folder does not hold"),
    ],
)
async def test_a_line_that_cannot_be_asked_is_told_and_not_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, told: str
):
    options = written(tmp_path)
    options.file.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DataMissing, match=told):
        load_cases(options.file, options.docs)
    assert await cases.run(options) == 2
    assert told in capsys.readouterr().err


async def test_nothing_to_ask_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert await cases.run(written(tmp_path)) == 2
    assert "holds no case" in capsys.readouterr().err
