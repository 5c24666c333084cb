"""What providers say, and what becomes of it: text, finish reason, usage, keys, connections."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from devstack.serving import ServerThread
from shared.adapters.llm_openai import OpenAIChat
from shared.adapters.llm_stream import SecondTry
from shared.adapters.openai_clients import OpenAIClients
from shared.domain.chat import ModelFinished, ModelRequest, ModelText, ProviderConfig, ProviderKind
from shared.errors import Unavailable
from tests.shared.adapters.models.loopback import (
    Loopback,
    asked,
    broken,
    chunk,
    delta,
    heard,
    loopback,
    request,
    say,
    text_of,
)

RECORDED = Path(__file__).parents[5] / "shared" / "data" / "llm-streams"
KINDS = (ProviderKind.OPENAI, ProviderKind.AZURE)


@pytest.fixture
def chat(clients: OpenAIClients) -> OpenAIChat:
    return OpenAIChat(clients, second_try=SecondTry(jitter_s=0.05))


@pytest.mark.skipif(not RECORDED.exists(), reason="recorded streams are not on this machine")
@pytest.mark.parametrize("size", [1, 7, 64, 1_000_000])
@pytest.mark.parametrize(
    ("name", "text", "finished"),
    [
        ("azure__chat_default_filter", "Hi! How can I help?", ModelFinished("stop", 23, 11)),
        ("openai__chat_length_usage_last", '{"', ModelFinished("length", 79, 1)),
    ],
)
async def test_recorded_streams_give_their_text_reason_and_usage(
    chat: OpenAIChat, name: str, text: str, finished: ModelFinished, size: int
) -> None:
    body = (RECORDED / f"{name}.sse").read_bytes()
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    async with loopback(Loopback([pieces])) as server:
        events = await heard(chat, request(server.url))
    assert text_of(events) == text
    assert events[-1] == finished


@pytest.mark.parametrize("kind", KINDS)
async def test_text_usage_and_reason_come_from_openai_and_from_azure(
    chat: OpenAIChat, server: ServerThread, model: httpx.Client, kind: ProviderKind
) -> None:
    say(model, text="Grüße aus 東京 🤷🏽 – fünf Wörter.")
    events = await heard(chat, request(server.url, kind))
    assert text_of(events) == "Grüße aus 東京 🤷🏽 – fünf Wörter."
    finished = events[-1]
    assert isinstance(finished, ModelFinished)
    assert finished.finish_reason == "stop"
    assert (finished.input_tokens or 0) > 5
    assert (finished.output_tokens or 0) > 5
    (call,) = asked(model)
    assert call["path"] == ("/v1/chat/completions" if kind is ProviderKind.OPENAI else "/openai/v1/chat/completions")
    assert call["headers"]["authorization"] == "Bearer k-123"
    body = json.loads(call["body"])
    assert body["stream_options"] == {"include_usage": True}
    assert body["max_completion_tokens"] == 500
    assert "temperature" not in body


async def test_azures_dated_api_is_spoken_on_request(server: ServerThread, model: httpx.Client) -> None:
    clients = OpenAIClients(secret={"MODEL_KEY": "k-123"}.get, azure_api_version="2024-10-21")
    events = await heard(OpenAIChat(clients), request(server.url, ProviderKind.AZURE))
    await clients.aclose()
    assert "offline model" in text_of(events)
    (call,) = asked(model)
    assert (call["path"], call["query"]) == ("/openai/deployments/gpt-4o/chat/completions", "api-version=2024-10-21")
    assert call["headers"]["api-key"] == "k-123"


@pytest.mark.parametrize("version", [None, "2024-10-21"])
async def test_azure_without_a_key_gets_a_token_of_the_identity(
    server: ServerThread, model: httpx.Client, version: str | None
) -> None:
    async def token() -> str:
        return "entra-token"

    clients = OpenAIClients(azure_token=token, azure_api_version=version)
    provider = ProviderConfig(ProviderKind.AZURE, "gpt-4o", server.url, None)
    plain = request(server.url)
    await heard(OpenAIChat(clients), ModelRequest(provider, plain.turns, 500))
    await clients.aclose()
    assert asked(model)[0]["headers"]["authorization"] == "Bearer entra-token"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientAuthenticationError("no managed identity at 169.254.169.254"), "model_key_missing"),
        (ServiceRequestError("cannot reach 169.254.169.254"), "model_unavailable"),
    ],
)
@pytest.mark.parametrize("version", [None, "2024-10-21"])
async def test_an_identity_that_gives_no_token_is_a_model_that_cannot_be_asked(
    server: ServerThread, model: httpx.Client, version: str | None, error: Exception, code: str
) -> None:
    async def token() -> str:
        raise Unavailable("entra") from error

    clients = OpenAIClients(azure_token=token, azure_api_version=version)
    provider = ProviderConfig(ProviderKind.AZURE, "gpt-4o", server.url, None)
    chat = OpenAIChat(clients, second_try=SecondTry(jitter_s=0.05))
    text, failure = await broken(chat, ModelRequest(provider, request(server.url).turns, 500))
    await clients.aclose()
    assert (text, failure.code) == ("", code)
    assert "169.254" not in failure.detail
    assert asked(model) == []


async def test_an_answer_blocked_by_azures_filter_ends_with_that_reason(
    chat: OpenAIChat, server: ServerThread, model: httpx.Client
) -> None:
    say(model, text="This goes", finish_reason="content_filter")
    events = await heard(chat, request(server.url, ProviderKind.AZURE))
    assert text_of(events) == "This goes"
    assert isinstance(events[-1], ModelFinished)
    assert events[-1].finish_reason == "content_filter"


async def test_a_block_that_comes_after_stop_still_counts(chat: OpenAIChat) -> None:
    annotation = chunk(
        choices=[{"index": 0, "finish_reason": None, "content_filter_offsets": {"check_offset": 44}}], usage=None
    )
    block = chunk(choices=[{"index": 0, "finish_reason": "content_filter", "content_filter_results": {}}])
    body = [delta("Done."), delta(None, "stop"), annotation, block, delta(None, "stop"), b"data: [DONE]\n\n"]
    async with loopback(Loopback([body])) as server:
        events = await heard(chat, request(server.url))
    assert events == [ModelText("Done."), ModelFinished("content_filter", None, None)]


async def test_a_refusal_is_text_for_the_reader(chat: OpenAIChat, server: ServerThread, model: httpx.Client) -> None:
    say(model, refusal="I cannot help with that.")
    assert text_of(await heard(chat, request(server.url))) == "I cannot help with that."


async def test_usage_that_was_not_reported_is_none(chat: OpenAIChat, server: ServerThread, model: httpx.Client) -> None:
    say(model, text="Yes.", usage=None)
    assert (await heard(chat, request(server.url)))[-1] == ModelFinished("stop", None, None)


async def test_a_key_that_is_not_set_is_named_before_anything_is_sent(
    server: ServerThread, model: httpx.Client
) -> None:
    _, failure = await broken(OpenAIChat(OpenAIClients(secret={}.get)), request(server.url))
    assert failure.code == "model_key_missing"
    assert "MODEL_KEY" in failure.detail
    assert asked(model) == []


async def test_a_rotated_key_is_used_for_the_next_call(server: ServerThread, model: httpx.Client) -> None:
    keys = {"MODEL_KEY": "first"}
    clients = OpenAIClients(secret=keys.get)
    chat = OpenAIChat(clients)
    await heard(chat, request(server.url))
    keys["MODEL_KEY"] = "second"
    await heard(chat, request(server.url))
    await clients.aclose()
    assert [call["headers"]["authorization"] for call in asked(model)] == ["Bearer first", "Bearer second"]


async def test_what_cannot_be_encoded_is_asked_all_the_same(
    chat: OpenAIChat, server: ServerThread, model: httpx.Client
) -> None:
    assert text_of(await heard(chat, request(server.url, question="a \ud800 b")))
    assert json.loads(asked(model)[0]["body"])["messages"][1]["content"] == "a ? b"


def test_a_second_event_loop_gets_connections_of_its_own(server: ServerThread, model: httpx.Client) -> None:
    clients = OpenAIClients(secret={"MODEL_KEY": "k"}.get)

    async def once() -> str:
        events = await heard(OpenAIChat(clients), request(server.url))
        await clients.aclose()
        return text_of(events)

    assert asyncio.run(once()) == asyncio.run(once())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([delta("Hi")], "model_stream_cut"),
        ([delta("Hi"), b"data: [DONE]\n\n"], "model_stream_cut"),
        ([delta("Hi"), chunk(error={"type": "server_error", "message": "x"})], "model_unavailable"),
        ([delta("Hi"), chunk(error={"code": "rate_limit_exceeded"})], "model_rate_limited"),
        ([delta("Hi"), chunk(error={"code": "content_filter"})], "content_filtered"),
        ([delta("Hi"), b'data: {"choices": 3}\n\n'], "model_bad_reply"),
    ],
)
async def test_streams_that_end_without_saying_so_are_no_success(
    chat: OpenAIChat, body: list[bytes], code: str
) -> None:
    async with loopback(Loopback([body])) as server:
        text, failure = await broken(chat, request(server.url))
    assert (text, failure.code) == ("Hi", code)
    assert len(server.requests) == 1
