"""The whole eval on the sample library: real servers, the product's own pipeline, the hash model for speed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from devstack.sample import QUESTIONS
from devstack.sample.build import build
from evals.corpus import found_in, index
from evals.datasets import EvalSet, Evidence, Gold, Question
from evals.metrics import page_hit
from evals.product import product
from evals.report import score, table
from evals.retrieval import rankings
from shared.domain.documents import SearchMode
from shared.domain.extracted import Block, Extracted
from shared.errors import ExtractionFailed


@pytest.fixture
def sample(tmp_path: Path) -> EvalSet:
    """The sample library's PDFs with those of its questions that name a page."""
    folder = tmp_path / "docs"
    files = tuple(str(path) for path in build(folder) if path.suffix == ".pdf")
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    questions = tuple(
        Question(str(number), row["question"], frozenset({Gold(row["expected_file"], row["expected_page"])}))
        for number, row in enumerate(rows)
        if row["expected_file"] in files
    )
    return EvalSet("sample", Evidence.PAGE, folder, files, (), questions)


async def test_the_products_own_pipeline_finds_the_pages_of_the_sample_questions(sample: EvalSet, tmp_path: Path):
    said: list[str] = []
    async with product("hash", home=tmp_path / "home") as parts:
        corpus = await index(sample, parts, target_tokens=200, report=said.append)
        by_mode = {mode: await rankings(sample, parts, mode) for mode in SearchMode}
    assert corpus.documents == len(sample.files) == 5
    assert corpus.passages > 10
    assert 50 < corpus.mean_tokens < 300
    assert said[-1].startswith(f"embedded {corpus.passages}/{corpus.passages} passages")
    assert len(sample.questions) == 2
    for question, ranking in zip(sample.questions, by_mode[SearchMode.HYBRID], strict=True):
        assert page_hit(ranking, question.gold, 5) == 1.0, question.text
        assert all(found.doc in sample.files and found.pages for found in ranking)
    assert by_mode[SearchMode.DENSE] != by_mode[SearchMode.SPARSE]
    text = table(sample, [score("hybrid", sample, by_mode[SearchMode.HYBRID])], "200 tokens")
    assert "| hybrid | 1.00 [1.00–1.00] |" in text


async def test_a_document_that_cannot_be_read_stops_the_run_instead_of_looking_like_bad_retrieval(tmp_path: Path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of use")
    broken = EvalSet("broken", Evidence.PAGE, tmp_path, ("broken.pdf",), (), ())
    async with product("hash", home=tmp_path / "home") as parts:
        with pytest.raises(ExtractionFailed):
            await index(broken, parts, target_tokens=200, report=lambda _: None)


class OneDocument:
    """An extractor that knows one text, on two pages."""

    async def extract(self, path: Path, file_name: str) -> Extracted:
        words = "Grease the screw every year. " * 3
        return Extracted("pdf", None, 2, tuple(Block("paragraph", words, page=page) for page in (1, 2)), language="en")


async def test_a_passage_over_two_pages_stands_on_both(tmp_path: Path):
    evals = EvalSet(
        "two", Evidence.PAGE, tmp_path, ("a.pdf",), (), (Question("q", "grease", frozenset({Gold("a.pdf", 2)})),)
    )
    async with product("hash", home=tmp_path / "home") as parts:
        mine = replace(parts, extractor=OneDocument())
        await index(evals, mine, target_tokens=400, report=lambda _: None)
        [ranking] = await rankings(evals, mine, SearchMode.SPARSE)
    pages = {page for found in ranking for page in found.pages}
    assert pages == {1, 2}
    assert found_in(evals, []) == []
