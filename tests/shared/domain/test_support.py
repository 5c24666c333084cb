import pytest

from shared.domain.quantities import Numbers, quantities
from shared.domain.support import supported

VACATION = "Employees receive 1,250 euros and thirty days of paid vacation per calendar year, since 1 March 2024."


@pytest.mark.parametrize(
    ("said", "evidence"),
    [
        ("1.000", "1,000"),
        ("1 000", "1000"),
        ("1'000", "1,000"),
        ("1.234.567,89", "1,234,567.89"),
        ("3,5", "3.5"),
        ("$10.2 billion", "net sales of $10.2 billion"),
        ("10,2 Mrd.", "10.2 billion"),
        ("$10.2 billion", "net sales (in millions) 10,208.6"),
        ("40", "39.6"),
        ("30", "thirty days"),
        ("25", "twenty-five"),
        ("25", "fünfundzwanzig Tage"),
        ("31.12.2024", "2024-12-31"),
        ("2023", "FY2023"),
        ("01.03.2024", "March 1, 2024"),
        ("2024-03-01", "am 1. März 2024"),
    ],
)
def test_the_same_number_is_recognised_however_it_is_written(said: str, evidence: str):
    numbers = Numbers(evidence)
    assert quantities(said)
    assert all(numbers.support(number) for number in quantities(said))


@pytest.mark.parametrize(
    ("said", "evidence"),
    [
        ("35", "thirty days"),
        ("1,001", "1,000"),
        ("10.3 billion", "10,208.6 in millions"),
        ("1.350", "1,250"),
        ("10.2 million", "10.2 billion"),
        ("2024", "2023"),
        ("41", "39.6"),
    ],
)
def test_another_number_is_another(said: str, evidence: str):
    numbers = Numbers(evidence)
    assert not all(numbers.support(number) for number in quantities(said))


def test_a_digit_that_belongs_to_a_word_is_no_number():
    assert [[reading.value for reading in number.readings] for number in quantities("12 km2 in Q2")] == [[12.0]]


@pytest.mark.parametrize(
    "sentence",
    [
        "Since March 1, 2024, employees get 30 days of vacation.",
        "Every employee receives 1.250 euros per year.",
        "1. Vacation of thirty days is paid.",
        "Seit dem 1. März 2024 gibt es 30 Urlaubstage und 1.250 Euro.",
        "从2024年3月1日起，员工有30天假期。",
    ],
    ids=["another order", "German writing", "in a list", "in German", "in Chinese"],
)
def test_what_the_passage_says_is_supported(sentence: str):
    assert supported(sentence, VACATION)


@pytest.mark.parametrize(
    "sentence",
    [
        "Employees receive 31 days of paid vacation.",
        "Seit dem 1. März 2023 gibt es für die Angestellten 30 Urlaubstage.",
        "The canteen on the ground floor serves a warm meal at noon.",
        "Parking at the office of Fabrikam is free of charge for the visitors.",
    ],
    ids=["a number", "a year, in German", "other words", "a name"],
)
def test_what_it_does_not_say_is_not(sentence: str):
    assert not supported(sentence, VACATION)


def test_what_was_asked_may_be_repeated():
    sentence = "In FY2023 employees received thirty days of paid vacation."
    assert not supported(sentence, VACATION)
    assert supported(sentence, VACATION, asked="How many days in FY2023?")


def test_codes_are_compared_whole():
    evidence = "The OPX40 actuator needs grease every year, the manual of the maker says."
    assert supported("The OPX40 actuator needs grease every year.", evidence)
    assert not supported("The OPX41 actuator needs grease every year.", evidence)
