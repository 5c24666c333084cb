from uuid import uuid4

import pytest

from shared.domain.documents import RetrievedPassage
from shared.domain.ids import DocumentId, LibraryId, PassageId
from shared.domain.sufficiency import unknown_names


def passage(text: str, *, language: str | None = "en", file_name: str = "report.pdf", url: str = "https://x/r.pdf"):
    return RetrievedPassage(
        passage_id=PassageId(uuid4()),
        document_id=DocumentId(uuid4()),
        library_id=LibraryId(uuid4()),
        file_name=file_name,
        file_url=url,
        file_type="pdf",
        text=text,
        page=1,
        last_page=1,
        section=None,
        chunk_index=0,
        total_chunks=1,
        language=language,
        score=1.0,
    )


LITWARE = [passage("Litware sold goods worth 12 million. Its operating income rose."), passage("Income of the year.")]


def asked(*questions: str, of: list[RetrievedPassage] = LITWARE) -> tuple[str, ...]:
    return unknown_names(questions, of, of)


def test_a_question_about_a_company_that_no_passage_mentions_names_it():
    assert asked("What is the operating income of Fabrikam for the year?") == ("Fabrikam",)


@pytest.mark.parametrize(
    "question",
    [
        "What is the operating income of Litware for the year?",
        "What is the operating income of the company?",
        "Did Litware sell more than Fabrikam in that year?",
        "What is the Operating Income for the year?",
    ],
    ids=["the name is there", "no name", "one of two", "ordinary words in capitals"],
)
def test_everything_else_is_left_to_the_model(question: str):
    assert asked(question) == ()


def test_a_file_name_and_an_address_make_a_name_known():
    by_file = [passage("Income rose.", file_name="ADVENTUREWORKS_2019_10K.pdf")]
    assert asked("How did the income of Adventure Works do?", of=by_file) == ()
    by_site = [passage("We grant 30 days.", url="https://fabrikam.sharepoint.com/hr/vacation.pdf")]
    assert asked("How many days are granted to the people of Fabrikam?", of=by_site) == ()


@pytest.mark.parametrize(
    "question",
    [
        "Wie hoch ist das Betriebsergebnis von Fabrikam und was ist der Grund?",
        "¿Cuál es el ingreso de Fabrikam en el año?",
        "فابريكام كم دخل",
    ],
    ids=["German, where nouns have capitals", "Spanish, of English passages", "Arabic"],
)
def test_a_question_in_another_language_is_left_to_the_model(question: str):
    assert asked(question) == ()


def test_a_language_with_capitals_for_names_is_looked_at_among_its_own_passages():
    spanish = [passage("Litware vendió más en el año que en el anterior.", language="es")]
    assert asked("¿Cuánto vendió la empresa Fabrikam en el año?", of=spanish) == ("Fabrikam",)
    assert asked("¿Cuánto vendió la empresa Litware en el año?", of=spanish) == ()


def test_one_form_of_the_question_that_may_be_answered_is_enough():
    about_both = ("What did Fabrikam earn in the year?", "What did Litware earn in the year?")
    assert asked(*about_both) == ()
    assert asked("What did Fabrikam earn in the year?", "What was the income of Contoso?") == ("Fabrikam",)


def test_more_passages_than_the_model_reads_tell_ordinary_words():
    given = LITWARE[:1]
    question = "What were the Real Changes in that year?"
    assert unknown_names([question], given, given) == ("Real Changes",)
    assert unknown_names([question], given, [*given, passage("the real changes are small")]) == ()
