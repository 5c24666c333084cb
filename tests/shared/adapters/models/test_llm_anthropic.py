"""What Anthropic is asked, and what becomes of what it says; its faults are in test_llm_faults with the others'."""

import asyncio
import json

import httpx
import pytest

from devstack.serving import ServerThread
from shared.adapters.anthropic_clients import AnthropicClients
from shared.adapters.llm_anthropic import AnthropicChat
from shared.domain.chat import ModelFinished, ModelRequest, ModelText, ProviderConfig, ProviderKind, Turn
from shared.ports import ChatModel
from tests.shared.adapters.models.loopback import (
    Chats,
    Loopback,
    asked,
    broken,
    event,
    heard,
    loopback,
    request,
    say,
    text_delta,
    text_of,
)

ANTHROPIC = ProviderKind.ANTHROPIC


@pytest.fixture
def chat(chats: Chats) -> ChatModel:
    return chats.of(ANTHROPIC)


def asking(url: str, *turns: Turn) -> ModelRequest:
    return ModelRequest(request(url, ANTHROPIC).provider, turns, 500)


async def test_text_reason_and_usage_come_from_anthropic(
    chat: ChatModel, server: ServerThread, model: httpx.Client
) -> None:
    say(model, text="Grüße aus 東京 🤷🏽 – fünf Wörter.")
    events = await heard(chat, request(server.url, ANTHROPIC))
    assert text_of(events) == "Grüße aus 東京 🤷🏽 – fünf Wörter."
    finished = events[-1]
    assert isinstance(finished, ModelFinished)
    assert finished.finish_reason == "stop"
    assert (finished.input_tokens or 0) > 5
    assert (finished.output_tokens or 0) > 5
    (call,) = asked(model)
    assert call["path"] == "/v1/messages"
    assert call["headers"]["anthropic-version"]
    assert call["headers"]["content-type"] == "application/json"
    assert "k-123" in (call["headers"].get("x-api-key"), call["headers"].get("authorization", "").split()[-1])
    assert json.loads(call["body"]) == {
        "model": "claude-opus-4-8",
        "max_tokens": 500,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hello?"}],
        "stream": True,
    }


@pytest.mark.parametrize(
    ("turns", "messages"),
    [
        (
            [Turn("user", "a"), Turn("assistant", "b"), Turn("user", "c")],
            [("user", "a"), ("assistant", "b"), ("user", "c")],
        ),
        # the budget of the history can cut between a question and its answer
        ([Turn("assistant", "b"), Turn("user", "c")], [("user", "c")]),
        # an answer that was stopped at once is empty
        ([Turn("user", "a"), Turn("assistant", ""), Turn("user", "c")], [("user", "a\n\nc")]),
        ([Turn("user", "a \ud800 b")], [("user", "a ? b")]),
    ],
)
async def test_a_conversation_is_sent_as_anthropic_takes_it(
    chat: ChatModel,
    server: ServerThread,
    model: httpx.Client,
    turns: list[Turn],
    messages: list[tuple[str, str]],
) -> None:
    assert text_of(await heard(chat, asking(server.url, Turn("system", "One."), Turn("system", "Two."), *turns)))
    body = json.loads(asked(model)[0]["body"])
    assert [(message["role"], message["content"]) for message in body["messages"]] == messages
    assert body["system"] == "One.\n\nTwo."


@pytest.mark.parametrize(
    ("said", "reason"),
    [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter"), ("tool_calls", "tool_use")],
)
async def test_stop_reasons_are_told_in_the_ports_words(
    chat: ChatModel, server: ServerThread, model: httpx.Client, said: str, reason: str
) -> None:
    say(model, text="This goes", finish_reason=said)
    events = await heard(chat, request(server.url, ANTHROPIC))
    assert text_of(events) == "This goes"
    assert isinstance(events[-1], ModelFinished)
    assert events[-1].finish_reason == reason


async def test_the_sum_of_the_output_is_the_last_words_not_the_first_ones(chat: ChatModel) -> None:
    start = event("message_start", message={"usage": {"input_tokens": 9, "output_tokens": 1}})
    end = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 40})
    silent = event("message_delta", delta={"stop_reason": "end_turn"})
    for last, output in ((end, 40), (silent, None)):
        async with loopback(Loopback([[start, text_delta("Hi"), last, event("message_stop")]])) as server:
            events = await heard(chat, request(server.url, ANTHROPIC))
        assert events == [ModelText("Hi"), ModelFinished("stop", 9, output)]


async def test_usage_that_was_not_reported_is_none(chat: ChatModel, server: ServerThread, model: httpx.Client) -> None:
    say(model, text="Yes.", usage=None)
    assert (await heard(chat, request(server.url, ANTHROPIC)))[-1] == ModelFinished("stop", None, None)


async def test_only_text_is_for_the_reader(chat: ChatModel) -> None:
    body = [
        event("content_block_start", index=0, content_block={"type": "thinking", "thinking": "hm"}),
        event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "secret thought"}),
        event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "c2ln"}),
        event("content_block_start", index=1, content_block={"type": "text", "text": "Be"}),
        text_delta("gun"),
        event("content_block_delta", index=1, delta={"type": "citations_delta", "citation": {}}),
        event("content_block_start", index=2, content_block={"type": "tool_use", "name": "f", "input": {}}),
        event("content_block_delta", index=2, delta={"type": "input_json_delta", "partial_json": '{"a'}),
        event("content_block_delta", index=3, delta={"type": "invented_delta", "text": "later"}),
        event("message_delta", delta={"stop_reason": "tool_use"}),
        event("message_stop"),
    ]
    async with loopback(Loopback([body])) as server:
        assert text_of(await heard(chat, request(server.url, ANTHROPIC))) == "Begun"


async def test_a_key_that_is_not_set_is_named_before_anything_is_sent(
    server: ServerThread, model: httpx.Client
) -> None:
    _, failure = await broken(AnthropicChat(AnthropicClients(secret={}.get)), request(server.url, ANTHROPIC))
    assert failure.code == "model_key_missing"
    assert "MODEL_KEY" in failure.detail
    assert asked(model) == []


async def test_a_rotated_key_is_used_for_the_next_call(server: ServerThread, model: httpx.Client) -> None:
    keys = {"MODEL_KEY": "first"}
    clients = AnthropicClients(secret=keys.get)
    for value in ("first", "second"):
        keys["MODEL_KEY"] = value
        await heard(AnthropicChat(clients), request(server.url, ANTHROPIC))
    await clients.aclose()
    assert [call["headers"]["authorization"] for call in asked(model)] == ["Bearer first", "Bearer second"]


async def test_the_environments_own_credentials_are_not_taken(
    server: ServerThread, model: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider row names its key; what else the SDK would find (addresses, tokens, headers) must not leave."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another-key")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another-token")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    clients = AnthropicClients(secret={"MODEL_KEY": "k-123"}.get)
    await heard(AnthropicChat(clients), request(server.url, ANTHROPIC))
    await clients.aclose()
    sent = json.dumps(asked(model)[0]["headers"])
    assert "k-123" in sent
    assert "another-" not in sent


async def test_a_provider_of_another_kind_is_a_mistake_of_the_caller(chats: Chats, server: ServerThread) -> None:
    provider = ProviderConfig(ProviderKind.OPENAI, "gpt-4o", server.url, "MODEL_KEY")
    with pytest.raises(ValueError, match="openai"):
        await heard(chats.of(ANTHROPIC), ModelRequest(provider, (Turn("user", "x"),), 10))


def test_a_second_event_loop_gets_connections_of_its_own(server: ServerThread, model: httpx.Client) -> None:
    clients = AnthropicClients(secret={"MODEL_KEY": "k"}.get)

    async def once() -> str:
        events = await heard(AnthropicChat(clients), request(server.url, ANTHROPIC))
        await clients.aclose()
        return text_of(events)

    assert asyncio.run(once()) == asyncio.run(once())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "model_stream_cut"),
        ([event("message_stop")], "model_stream_cut"),
        ([event("message_delta", delta={"stop_reason": None}), event("message_stop")], "model_stream_cut"),
        ([event("error", error={"type": "overloaded_error", "message": "x"})], "model_unavailable"),
        ([event("error", error={"type": "api_error"})], "model_unavailable"),
        ([event("error")], "model_unavailable"),
        ([event("error", error={"type": "rate_limit_error"})], "model_rate_limited"),
        ([event("error", error={"type": "timeout_error"})], "model_timeout"),
        ([event("error", error={"type": "authentication_error"})], "model_key_missing"),
        ([event("error", error={"type": "not_found_error"})], "model_not_found"),
        ([event("error", error={"type": "request_too_large"})], "model_context_too_long"),
        ([event("error", error={"type": "invalid_request_error"})], "model_refused_request"),
        ([event("content_block_delta", delta=3)], "model_bad_reply"),
    ],
)
async def test_streams_that_end_without_saying_so_are_no_success(chat: ChatModel, body: list[bytes], code: str) -> None:
    async with loopback(Loopback([[text_delta("Hi"), *body]])) as server:
        text, failure = await broken(chat, request(server.url, ANTHROPIC))
    assert (text, failure.code) == ("Hi", code)
    assert len(server.requests) == 1
