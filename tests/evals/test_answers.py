"""Answers, refusals and the check of citations on the sample library: real servers, the hash model for speed."""

import re
from argparse import Namespace
from pathlib import Path
from uuid import uuid4

import pytest

from evals import citations, sufficiency
from evals.citations import reference_pairs, translated_pairs, with_a_digit_changed
from evals.corpus import index
from evals.datasets import DATA, EvalSet, Question
from evals.models import OFFLINE, default_choice, from_settings
from evals.product import product
from shared.domain.chat import ProviderKind
from shared.domain.events import Source
from shared.domain.ids import DocumentId, PassageId
from shared.services.answering import Answer
from shared.settings import SettingsError
from tests.evals.test_retrieval import sample

SHARED = pytest.mark.skipif(not DATA.is_dir(), reason=f"the shared data is not at {DATA}")

__all__ = ["sample"]


async def test_sample_questions_are_answered_from_their_pages_and_strange_ones_are_refused(
    sample: EvalSet, tmp_path: Path
):
    strange = Question("s", "What is the net income of Fabrikam for the year?", frozenset())
    async with product("hash", home=tmp_path / "home") as parts:
        await index(sample, parts, report=lambda _: None)
        answers = [await citations._answered(parts, question) for question in sample.questions]
        refusal = await citations._answered(parts, strange)
        refused = await sufficiency.refusals(parts, [*sample.questions, strange])
    assert refused == [0.0] * len(sample.questions) + [1.0]
    assert "Fabrikam" in refusal.text
    assert refusal.supported is False
    assert refusal.cited == ()
    assert any(answer.supported for answer in answers)


def test_a_row_counts_cited_pages_refusals_and_questions_with_a_right_citation(sample: EvalSet):
    (gold,) = sample.questions[0].gold
    right, wrong = cited(gold.doc, gold.page), cited(gold.doc, 99)
    half = Answer(cited=(right, wrong), supported=True)
    refusal = Answer(supported=False)
    row = citations._row(sample, [half, refusal], [refusal])
    assert re.findall(r"(1\.00|\.\d{3}) \[", row) == [".500", ".500", ".500", "1.00"]


def cited(doc: str, page: int | None) -> Source:
    return Source(1, DocumentId(uuid4()), PassageId(uuid4()), doc, doc, page, None, "", 1.0)


def test_a_changed_digit_makes_another_number_and_always_the_same():
    changed = with_a_digit_changed("From 2024 on 30 days.")
    assert changed is not None
    assert changed != "From 2024 on 30 days."
    assert changed == with_a_digit_changed("From 2024 on 30 days.")
    assert len(changed) == len("From 2024 on 30 days.")
    assert with_a_digit_changed("No number in Q2.") is None


@SHARED
def test_pairs_have_their_own_evidence_and_two_that_are_foreign():
    for pair in [*list(reference_pairs("azure-northwind"))[:20], *list(translated_pairs("de"))[:20]]:
        assert pair.evidence not in (pair.near, pair.far)
        assert pair.near != pair.far
    with pytest.raises(ValueError, match="pages"):
        next(reference_pairs("scifact"))


@SHARED
def test_translations_are_told_from_other_paragraphs_and_seldom_flagged():
    pairs = list(translated_pairs("de"))
    own = [citations._flagged(pair.sentence, pair.evidence, pair) for pair in pairs]
    foreign = [citations._flagged(pair.sentence, pair.far, pair) for pair in pairs]
    assert sum(own) < 0.05 * len(own)
    assert sum(foreign) > 0.3 * len(foreign)


def test_a_key_in_the_environment_chooses_the_models_of_the_settings():
    assert default_choice({}) == "e5"
    assert default_choice({"OPENAI_API_KEY": "k"}) == "settings"
    assert default_choice({"NEXUS_EMBEDDING_API_KEY_ENV": "OTHER", "OPENAI_API_KEY": "k"}) == "e5"
    env = {"OPENAI_API_KEY": "k", "NEXUS_CHAT_MODEL": "gpt-x", "NEXUS_EMBEDDING_DIMENSIONS": "256", "NEXUS_ENV": "x"}
    models = from_settings(env)
    assert (models.chat.model, models.embedding.dimensions) == ("gpt-x", 256)
    assert models.embedding.provider.provider is ProviderKind.OPENAI
    assert models.name not in OFFLINE
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        from_settings({})


@SHARED
def test_a_foreign_question_comes_from_another_set():
    chosen = sufficiency._foreign(sufficiency.load_set("financebench"), limit=2)
    assert len(chosen) == 2 * 4
    assert not any(question.id.startswith("fb-") for question in chosen)
    assert chosen == sufficiency._foreign(sufficiency.load_set("financebench"), limit=2)


def test_what_was_not_run_whole_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept: list[str] = []
    monkeypatch.setattr("evals.options.append_section", lambda command, facts, tables: kept.append(command))
    sufficiency.keep("evals.x", Namespace(write=True, limit=3), [], ["table"])
    sufficiency.keep("evals.x", Namespace(write=False, limit=None), [], ["table"])
    assert kept == []
    sufficiency.keep("evals.x", Namespace(write=True, limit=None), [], ["table"])
    assert len(kept) == 1
