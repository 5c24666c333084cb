import pytest

from shared.domain.names import Mentions, names_in


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What is the revenue of Fabrikam in 2019?", [("Fabrikam",)]),
        ("Does Adventure Works pay dividends?", [("Adventure", "Works")]),
        ("What was ADW's income in FY2022?", [("ADW",)]),
        ("How much did ADW Corporation earn?", [("ADW", "Corporation")]),
        ("Is Coca-Cola or PayPal a supplier?", [("Coca-Cola",), ("PayPal",)]),
        ("Fabrikam's offices: where are they?", [("Fabrikam",)]),
    ],
)
def test_names_are_found_by_their_capitals(question: str, names: list[tuple[str, ...]]):
    assert list(names_in(question)) == names


@pytest.mark.parametrize(
    "question",
    [
        "What is EBITDA, and how do COGS enter ROA?",
        "Vacation days for new employees?",
        "How does cRCT data relate to EVs and N-tail variants?",
        "what does fabrikam pay",
        "年假有几天？",
        "",
    ],
    ids=["abbreviations", "a first word", "terms of a field", "small letters", "no capitals", "nothing"],
)
def test_what_is_no_name_is_left_alone(question: str):
    assert names_in(question) == ()


def test_a_name_is_known_as_written_as_a_file_name_and_with_a_typing_error():
    mentions = Mentions(["ADVENTUREWORKS_2019.pdf", "Northwind Health covers most visits; see the Fabrikam plan."])
    assert mentions.names(("Adventure", "Works"))
    assert mentions.names(("Northwind", "Helth"))
    assert mentions.names(("Fabrikam",))
    assert not mentions.names(("Contoso",))


def test_a_short_name_is_not_found_within_other_words():
    assert not Mentions(["Balances are due."]).names(("AES",))
    assert Mentions(["The AES group reports."]).names(("AES",))


def test_an_ordinary_word_of_a_name_does_not_make_it_known():
    mentions = Mentions(["the corporation pays general taxes", "Litware Corporation"])
    assert not mentions.names(("ADW", "Corporation"))
    assert not mentions.names(("General", "Mills"))
    assert mentions.uses_as_word(("Corporation",))
    assert not mentions.uses_as_word(("Litware",))
