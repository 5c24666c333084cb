"""What a reader is told when the documents say nothing of what the question is about; no model is asked then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.domain.audience import Audience
from shared.domain.chat import Mode, ProviderConfig, ProviderKind, Turn
from shared.domain.documents import RetrievedPassage
from shared.domain.events import Sources, Token
from shared.domain.prompts import DEFAULT_PROMPTS
from shared.services.answering import Answer, Answering
from shared.services.model_calls import ModelCalls
from shared.services.provider_health import ProviderHealth
from shared.services.steering import ModeSettings
from tests.fakes.models import ScriptedModel, WordTokenizer
from tests.shared.services.test_retrieval import passage

PROVIDER = ProviderConfig(ProviderKind.OPENAI, "gpt", None, "KEY")
LITWARE = [
    replace(passage("Litware sold goods worth 12 million in the year.", 1.0), file_name="litware.pdf"),
    replace(passage("The operating income of the year rose.", 0.9), file_name="income.pdf"),
    replace(passage("The board met in the spring.", 0.8), file_name="litware.pdf"),
]


@dataclass
class Found:
    passages: list[RetrievedPassage]

    async def search(self, queries: Sequence[str], *, audience: Audience, limit: int) -> list[RetrievedPassage]:
        return self.passages[:limit]


class Unsteered:
    async def of(self, mode: Mode) -> ModeSettings:
        return ModeSettings(PROVIDER, DEFAULT_PROMPTS[mode])


async def answered(
    model: ScriptedModel, question: str, passages: list[RetrievedPassage], history: Sequence[Turn] = ()
) -> tuple[Answer, list[Sources | Token]]:
    answering = Answering(
        ModelCalls({ProviderKind.OPENAI: model}, ProviderHealth(0)), Found(passages), Unsteered(), WordTokenizer()
    )  # type: ignore[arg-type]
    answer = Answer()
    audience = Audience(None, None)
    events = [event async for event in answering.answer(Mode.RAG, question, history, audience=audience, into=answer)]
    return answer, events


async def test_a_question_about_an_unknown_company_is_refused_without_asking_the_model():
    model = ScriptedModel(["never said"])
    answer, events = await answered(model, "What was the income of Fabrikam in the year?", LITWARE)
    assert model.requests == []
    assert answer.text == (
        "The documents you may read do not cover this question. They do not mention Fabrikam. "
        "The closest ones are: litware.pdf, income.pdf."
    )
    assert (answer.supported, answer.finish_reason, answer.cited) == (False, "not_covered", ())
    assert [type(event) for event in events] == [Sources, Token]
    assert [source.file_name for source in answer.retrieved] == ["litware.pdf", "income.pdf", "litware.pdf"]


async def test_a_question_about_a_known_one_is_answered():
    model = ScriptedModel(["It sold goods worth 12 million in the year [1]."])
    answer, _ = await answered(model, "What did Litware sell in the year?", LITWARE)
    assert len(model.requests) == 1
    assert (answer.supported, answer.unsupported) == (True, ())
    assert [source.file_name for source in answer.cited] == ["litware.pdf"]


async def test_of_what_is_cited_the_whole_passage_can_be_read_and_of_candidates_their_beginning():
    long = [passage("Litware sells goods. " * 40 + "The goods were worth 12 million.", 1.0)]
    answer, events = await answered(
        ScriptedModel(["They were worth 12 million [1]."]), "What were the goods worth?", long
    )
    assert [source.snippet for source in answer.cited] == [long[0].text]
    (candidates,) = [event for event in events if isinstance(event, Sources)]
    assert [len(source.snippet) for source in candidates.sources] == [300]


async def test_a_sentence_that_its_passage_does_not_support_is_named():
    model = ScriptedModel(["It sold goods worth 13 million in the year [1]."])
    answer, _ = await answered(model, "What did Litware sell in the year?", LITWARE)
    assert answer.unsupported == ("It sold goods worth 13 million in the year [1].",)


async def test_with_history_the_stand_alone_form_is_judged_and_not_the_question_itself():
    model = ScriptedModel(['["What did Litware earn in the year?"]'])
    history = [Turn("user", "What did Litware sell in the year?"), Turn("assistant", "Goods.")]
    await answered(model, "And what would Fabrikam say of that in the year?", LITWARE, history)
    assert len(model.requests) == 2
    refusing = ScriptedModel(['["What did Fabrikam earn in the year?"]'])
    answer, _ = await answered(refusing, "And in the year before?", LITWARE, history)
    assert len(refusing.requests) == 1
    assert answer.finish_reason == "not_covered"


async def test_where_nothing_is_found_nothing_is_asked():
    model = ScriptedModel(["never said"])
    answer, _ = await answered(model, "Wie viele Tage sind es für die Angestellten?", [])
    assert model.requests == []
    assert answer.text == "Die Dokumente, die Sie lesen dürfen, beantworten diese Frage nicht."
