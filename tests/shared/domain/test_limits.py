"""Rates as settings say them."""

import pytest

from shared.domain.limits import DEFAULTS, Limit, LimitClass, rates_from


def test_every_class_has_a_default() -> None:
    assert set(DEFAULTS) == set(LimitClass)
    assert rates_from(None) is DEFAULTS


def test_a_setting_replaces_the_classes_that_it_names_and_no_other() -> None:
    rates = rates_from('{"chat": "7/30", "sign_in": "1/3600"}')
    assert rates == {**DEFAULTS, LimitClass.CHAT: Limit(7, 30), LimitClass.SIGN_IN: Limit(1, 3600)}


def test_only_what_is_attacked_or_useless_without_redis_is_closed_without_a_count() -> None:
    assert {one for one in LimitClass if one.closed_without_count} == {LimitClass.SIGN_IN, LimitClass.REFRESH}


@pytest.mark.parametrize(
    "text",
    [
        "30/60", "[]", '{"chat": 30}', '{"talk": "1/1"}', '{"chat": "30"}', '{"chat": "0/60"}', '{"chat": "30/0"}',
        '{"chat": "-1/60"}', '{"chat": "10001/60"}', '{"chat": "1/3601"}', '{"chat": "1/60/2"}', '{"chat": "1e1/60"}',
        '{"chat": "999999999999999999/60"}', '{"chat": " 1/60"}', '{"chat": ""}', "{",
    ],
)  # fmt: skip
def test_what_is_no_rate_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|names"):
        rates_from(text)
