"""Placeholders: what a prompt may hold, must hold, and what a model is told for them."""

from datetime import date

import pytest

from shared.domain.chat import Mode
from shared.domain.prompt_placeholders import CITATION_RULE, PLACEHOLDERS, filled, require_placeholders
from shared.domain.prompts import DEFAULT_PROMPTS
from shared.errors import Invalid

DAY = date(2026, 3, 31)


def refusals(mode: Mode, prompt: str) -> list[str]:
    with pytest.raises(Invalid) as refused:
        require_placeholders(mode, prompt)
    assert refused.value.code == "prompt_placeholders"
    assert {error.pointer for error in refused.value.errors} == {"/prompt_text"}
    for placeholder in PLACEHOLDERS[mode]:
        assert all(f"{{{placeholder.name}}}" in error.detail for error in refused.value.errors)
    return [error.detail.partition(" is ")[0] for error in refused.value.errors]


def test_placeholders_are_filled_and_the_rest_is_left_alone() -> None:
    prompt = 'Today is {today}. {citation_rule} Reply as {"a": {"b": 1}}, { today }, {}, {{today}} or {unknown}.'
    told = filled(Mode.RAG, prompt, today=DAY)
    beginning, _, rest = told.partition(" Reply as ")
    assert beginning == f"Today is 2026-03-31. {CITATION_RULE}"
    assert rest == '{"a": {"b": 1}}, { today }, {}, {today} or {unknown}.'


def test_what_is_no_placeholder_of_the_mode_is_text() -> None:
    assert filled(Mode.ASSISTANT, "{citation_rule}", today=DAY) == "{citation_rule}"


@pytest.mark.parametrize("mode", list(Mode))
def test_the_products_own_prompts_may_be_saved_and_leave_nothing_open(mode: Mode) -> None:
    require_placeholders(mode, DEFAULT_PROMPTS[mode])
    assert "{" not in filled(mode, DEFAULT_PROMPTS[mode], today=DAY)
    assert ("such as [2]" in filled(mode, DEFAULT_PROMPTS[mode], today=DAY)) == (mode is not Mode.ASSISTANT)


def test_unknown_and_missing_ones_are_told_all_at_once() -> None:
    assert refusals(Mode.RAG, "Answer {question} from {passages} {passages}.") == [
        "{passages}",
        "{question}",
        "{citation_rule}",
    ]
    assert refusals(Mode.NOTEBOOK, "It is {today}.") == ["{citation_rule}"]
    assert refusals(Mode.ASSISTANT, "{citation_rule}") == ["{citation_rule}"]
    assert refusals(Mode.RAG, "Doubled braces are text: {{citation_rule}}") == ["{citation_rule}"]
    assert refusals(Mode.ASSISTANT, "{Today}") == ["{Today}"]


def test_braces_around_anything_else_are_text() -> None:
    require_placeholders(Mode.ASSISTANT, 'Reply as {"answer": "…"} or \\frac{{a}}{{b}}, {}, { x y }.')
