"""What an administrator sets about providers, as people and operators see it: fallbacks, changes without restart."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from devstack.functions_host.process import HostProcess
from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from shared.adapters.anthropic_clients import AnthropicClients
from shared.adapters.llm_anthropic import AnthropicChat
from shared.adapters.llm_openai import OpenAIChat
from shared.adapters.llm_stream import SecondTry
from shared.adapters.openai_clients import OpenAIClients
from shared.domain.chat import ModelText, ProviderConfig, ProviderKind, Turn
from shared.domain.prompts import REWRITE_PROMPT
from shared.services.model_calls import ModelCalls, ProviderChoice
from shared.services.provider_health import ProviderHealth
from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Person, names, text
from tests.security.own_nexus import OwnNexus, own_nexus

SAID = "One two three four five six seven eight nine ten."
# Where each of them is asked, in the order in which they are.
OPENAI, AZURE, ANTHROPIC = "^/v1/chat/completions$", "^/openai/v1/chat/completions$", "^/v1/messages$"


@pytest.fixture(scope="module")
def steered(
    postgres: Postgres, redis_server: Redis, qdrant_server: Qdrant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnNexus]:
    """OpenAI, then Azure, then Anthropic, in both modes."""
    home = tmp_path_factory.mktemp("steered")
    unlimited = '{"sign_in": "9999/60", "chat": "9999/60", "search": "9999/60"}'
    with own_nexus(
        home, postgres, redis_server, qdrant_server,
        people=("alice",), NEXUS_RATE_LIMITS=unlimited, NEXUS_STREAMS_PER_USER="100",
        NEXUS_PROVIDER_REST_SECONDS="0",  # each test begins with all providers in their order
    ) as nexus:  # fmt: skip
        asyncio.run(_set_providers(nexus))
        yield nexus


async def _set_providers(nexus: Nexus) -> None:
    connection = await asyncpg.connect(nexus.database.dsn_app)
    endpoint = nexus.models.url
    for mode in ("rag", "assistant"):
        for kind, model, address, order in (
            ("openai", "gpt-4.1", f"{endpoint}/v1", None),
            ("azure", "our-gpt", endpoint, 1),
            ("anthropic", "claude-opus-4-8", endpoint, 2),
        ):
            await connection.execute(
                "INSERT INTO llm_providers (mode, provider, model_name, endpoint, api_key_env_var, is_active,"
                " fallback_order) VALUES ($1, $2, $3, $4, 'OPENAI_API_KEY', $5, $6)",
                mode, kind, model, address, order is None, order,
            )  # fmt: skip
    await connection.close()


@pytest.fixture(scope="module")
def steered_too(steered: OwnNexus) -> HostProcess:
    return steered.another_instance("steered-too")


@pytest.fixture
async def alice(steered: OwnNexus) -> AsyncIterator[Person]:
    steered.forget()
    async with httpx.AsyncClient(base_url=steered.host.url, timeout=120, trust_env=False) as http:
        yield Person(http, steered.sessions["alice"])


def asked(nexus: Nexus) -> list[str]:
    """The paths of the calls for answers."""
    return [request["path"] for request in nexus.model_requests()]


async def titled(person: Person, mode: str = "assistant") -> str:
    """Without a title the model would be asked for one, and meet the faults as well."""
    return await person.conversation(mode, title="A title")


@pytest.mark.parametrize(
    ("then", "attempts"),
    [
        ({"status": 429, "headers": {"retry-after": "0"}}, 2),
        ({"status": 429, "headers": {"retry-after": "600"}}, 1),
        ({"status": 500}, 2),
        ({"reset": True}, 2),
        ({"truncate_after": 30}, 2),
        ({"body": "data: {no json\n\n"}, 2),
        ({"status": 401}, 1),
        ({"status": 404}, 1),
    ],
    ids=str,
)
async def test_r04_a_provider_that_gives_no_first_token_is_not_noticed_by_the_reader(
    steered: OwnNexus, alice: Person, then: dict[str, Any], attempts: int
) -> None:
    steered.script(text=SAID)
    steered.fault(steered.models, OPENAI, then)
    conversation = await titled(alice)
    events = await alice.ask(conversation, "Count")
    assert (names(events), text(events)) == (["meta", "token", "done"], SAID)
    done = events[-1].data
    assert (done["status"], done["provider"], done["model"]) == ("complete", "azure", "our-gpt")
    assert asked(steered) == ["/v1/chat/completions"] * attempts + ["/openai/v1/chat/completions"]
    message = await alice.answer(conversation)
    assert (message["provider"], message["model"]) == ("azure", "our-gpt"), "who really answered is stored"


async def test_r04_the_third_one_answers_when_two_fail_and_the_log_says_why(steered: OwnNexus, alice: Person) -> None:
    steered.script(text=SAID)
    steered.fault(steered.models, OPENAI, {"status": 401})
    steered.fault(steered.models, AZURE, {"status": 503})
    conversation = await titled(alice)
    events = await alice.ask(conversation, "Count")
    assert (text(events), events[-1].data["provider"]) == (SAID, "anthropic")
    assert len(asked(steered)) == 1 + 2 + 1
    correlation_id = events[0].data["correlation_id"]

    async def logged() -> list[str]:
        lines = [line for line in steered.host.log().splitlines() if correlation_id in line]
        return [line for line in lines if "provider" in line] if any("run ended" in line for line in lines) else []

    lines = await eventually(logged, "the run in the log")
    wrongly = [line for line in lines if "set up wrongly" in line]
    assert len(wrongly) == 1
    assert "ERROR" in wrongly[0]
    assert "model_key_missing" in wrongly[0]
    fallbacks = [line for line in lines if "asking the next one" in line]
    assert len(fallbacks) == 2
    assert "azure" in fallbacks[0]
    assert "anthropic" in fallbacks[1]


async def test_r04_when_nobody_answers_the_attempts_are_bounded_and_the_last_reason_is_told(
    steered: OwnNexus, alice: Person
) -> None:
    for path in (OPENAI, AZURE):
        steered.fault(steered.models, path, {"status": 500})
    steered.fault(steered.models, ANTHROPIC, {"status": 429, "headers": {"retry-after": "0"}})
    conversation = await titled(alice)
    events = await alice.ask(conversation, "Count")
    assert names(events) == ["meta", "error", "done"]
    assert events[-2].data["code"] == "model_rate_limited"
    assert len(asked(steered)) == 6
    steered.forget()
    steered.script(text=SAID)
    assert text(await alice.ask(conversation, "Again")) == SAID, "the conversation goes on"


async def test_r04_after_the_first_token_nobody_else_is_asked(steered: OwnNexus, alice: Person) -> None:
    steered.script(text=SAID, cut_after_tokens=3, times=1)
    steered.script(text="Somebody else.")
    conversation = await titled(alice)
    events = await alice.ask(conversation, "Count")
    assert (names(events)[-2:], text(events)) == (["error", "done"], "One two three")
    assert events[-1].data["provider"] == "openai"
    assert (await alice.answer(conversation))["content"] == "One two three"
    assert len(asked(steered)) == 1


async def test_a_question_that_a_filter_refused_is_taken_to_nobody_else(steered: OwnNexus, alice: Person) -> None:
    steered.script(prompt_filtered=True)
    events = await alice.ask(await titled(alice), "Count")
    assert events[-2].data["code"] == "content_filtered"
    assert len(asked(steered)) == 1


async def test_rewriting_a_follow_up_question_falls_back_too(steered: OwnNexus, alice: Person) -> None:
    conversation = await titled(alice, "rag")
    await alice.ask(conversation, "How many days of leave do I get?")
    steered.forget()
    steered.fault(steered.models, OPENAI, {"status": 404})
    events = await alice.ask(conversation, "And in Germany?")
    assert events[-1].data["status"] == "complete"
    rewriting = [call["path"] for call in steered.model_requests() if REWRITE_PROMPT[:40] in call["body"]]
    assert rewriting == ["/v1/chat/completions", "/openai/v1/chat/completions"]


async def test_r04_a_hang_before_the_first_token_is_left_for_the_next_provider(
    steered: OwnNexus, alice: Person
) -> None:
    """With the adapters alone: the app's own limit of 30 s of silence would be waited for twice."""
    steered.script(text=SAID)
    steered.fault(steered.models, OPENAI, {"hang": True})
    secret = {"KEY": "k"}.get
    openai, anthropic = OpenAIClients(secret=secret), AnthropicClients(secret=secret)
    calls = ModelCalls(
        {
            ProviderKind.OPENAI: OpenAIChat(openai, 0.3, SecondTry(jitter_s=0.05)),
            ProviderKind.ANTHROPIC: AnthropicChat(anthropic),
        },
        ProviderHealth(0),
    )
    url = steered.models.url
    choice = ProviderChoice(
        (
            ProviderConfig(ProviderKind.OPENAI, "gpt-4.1", f"{url}/v1", "KEY"),
            ProviderConfig(ProviderKind.ANTHROPIC, "claude-opus-4-8", url, "KEY"),
        )
    )
    stream = calls.stream(choice, (Turn("user", "Count"),), 100)
    assert "".join([event.text async for event in stream if isinstance(event, ModelText)]) == SAID
    assert choice.current.provider is ProviderKind.ANTHROPIC
    assert asked(steered) == ["/v1/chat/completions"] * 2 + ["/v1/messages"]
    await openai.aclose()
    await anthropic.aclose()


async def test_a_change_of_provider_and_prompt_is_effective_on_every_instance_and_disturbs_no_answer(
    steered: OwnNexus, steered_too: HostProcess, alice: Person
) -> None:
    question = f"Count {uuid4()}"
    steered.script(text=SAID)
    async with httpx.AsyncClient(base_url=steered_too.url, timeout=120, trust_env=False) as http:
        there = Person(http, alice.session)
        people = (alice, there)
        for person in people:
            assert (await person.ask(await titled(person), "Count"))[-1].data["provider"] == "openai"
        steered.script(text=SAID * 60, tokens_per_second=15, times=1)
        async with alice.asking(await titled(alice), question) as running:
            said = await running.tokens(3)
            connection = await asyncpg.connect(steered.database.dsn_app)
            async with connection.transaction():
                await connection.execute("UPDATE llm_providers SET is_active = false WHERE mode = 'assistant'")
                await connection.execute(
                    "UPDATE llm_providers SET is_active = true WHERE mode = 'assistant' AND provider = 'anthropic'"
                )
                await connection.execute(
                    "INSERT INTO system_prompts (mode, prompt_text, is_active) VALUES ('assistant', 'Sing.', true)"
                )
            await connection.close()
            for person in people:
                conversation = await titled(person)

                async def sung(person: Person = person, conversation: str = conversation) -> bool:
                    done = (await person.ask(conversation, "Count"))[-1].data
                    return (
                        done["provider"] == "anthropic" and '"system":"Sing."' in steered.model_requests()[-1]["body"]
                    )

                await eventually(sung, "the new provider and prompt", limit_s=60)
            assert steered.in_flight.holds(question), "the answer under way goes on as it began"
            events = await running.rest()
        assert said + text(events) == SAID * 60
        assert (events[-1].data["provider"], events[-1].data["status"]) == ("openai", "complete")
