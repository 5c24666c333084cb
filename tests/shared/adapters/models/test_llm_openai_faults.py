"""A model that refuses, fails, hangs or breaks off (R04), and a reader who leaves (R09)."""

import asyncio
from typing import Any

import httpx
import pytest

from devstack.serving import ServerThread
from shared.adapters.llm_openai import OpenAIChat
from shared.adapters.openai_clients import OpenAIClients
from shared.domain.chat import ModelFinished, ModelText
from tests.shared.adapters.models.loopback import (
    Loopback,
    asked,
    broken,
    chunk,
    delta,
    fault,
    heard,
    loopback,
    request,
    say,
    text_of,
)


@pytest.fixture
def chat(clients: OpenAIClients) -> OpenAIChat:
    return OpenAIChat(clients, retry_jitter_s=0.05)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": {"code": "context_length_exceeded", "message": "too long"}}, "model_context_too_long"),
        (400, {"error": {"code": "invalid_value", "message": "no"}}, "model_refused_request"),
        (401, {"error": {"code": "invalid_api_key", "message": "sk-secret is wrong"}}, "model_key_missing"),
        (403, {"error": {"message": "no"}}, "model_key_missing"),
        (404, {"error": {"code": "model_not_found", "message": "no"}}, "model_not_found"),
        (302, "", "model_refused_request"),
    ],
)
async def test_refusals_have_reasons_say_nothing_internal_and_are_not_retried(
    chat: OpenAIChat, server: ServerThread, model: httpx.Client, status: int, body: Any, code: str
) -> None:
    headers = {"location": f"{server.url}/v1/elsewhere"} if status == 302 else {}
    fault(model, "chat/completions", {"status": status, "body": body, "headers": headers})
    text, failure = await broken(chat, request(server.url))
    assert (text, failure.code) == ("", code)
    assert "sk-secret" not in failure.detail
    assert [call["path"] for call in asked(model)] == ["/v1/chat/completions"], "no redirect is followed"


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ({"status": 429, "body": {"error": {"code": "rate_limit_exceeded"}}}, "model_rate_limited"),
        ({"status": 500, "body": "oops"}, "model_unavailable"),
        ({"status": 503, "headers": {"retry-after": "0"}}, "model_unavailable"),
        ({"reset": True}, "model_unavailable"),
        ({"hang": True}, "model_timeout"),
        ({"truncate_after": 40}, "model_stream_cut"),
        ({"body": "data: {not json\n\n", "headers": {"content-type": "text/event-stream"}}, "model_bad_reply"),
        ({"body": "", "headers": {"content-type": "text/event-stream"}}, "model_stream_cut"),
    ],
)
async def test_r04_before_the_first_token_a_failed_call_is_tried_once_more_and_no_further(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client, then: dict[str, Any], code: str
) -> None:
    fault(model, "chat/completions", then)
    chat = OpenAIChat(clients, silence_timeout_s=0.3, retry_jitter_s=0.05)
    text, failure = await broken(chat, request(server.url))
    assert (text, failure.code) == ("", code)
    assert len(asked(model)) == 2


@pytest.mark.parametrize("then", [{"status": 500, "body": "oops"}, {"reset": True}, {"truncate_after": 10}])
async def test_r04_the_second_try_answers_as_if_nothing_had_been(
    chat: OpenAIChat, server: ServerThread, model: httpx.Client, then: dict[str, Any]
) -> None:
    fault(model, "chat/completions", then, times=1)
    say(model, text="Here I am.")
    assert text_of(await heard(chat, request(server.url))) == "Here I am."
    assert len(asked(model)) == 2


async def test_r04_the_second_try_waits_as_long_as_it_was_asked_to(
    chat: OpenAIChat, server: ServerThread, model: httpx.Client
) -> None:
    fault(model, "chat/completions", {"status": 429, "headers": {"retry-after-ms": "700"}}, times=1)
    assert text_of(await heard(chat, request(server.url)))
    first, second = asked(model)
    assert second["time"] - first["time"] >= 0.7


async def test_r04_a_wait_that_is_too_long_is_not_waited(
    chat: OpenAIChat, server: ServerThread, model: httpx.Client
) -> None:
    fault(model, "chat/completions", {"status": 429, "headers": {"retry-after": "600"}})
    _, failure = await broken(chat, request(server.url))
    assert failure.code == "model_rate_limited"
    assert len(asked(model)) == 1


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"hang_after_tokens": 3}, "model_timeout"),
        ({"cut_after_tokens": 3}, "model_stream_cut"),
        ({"malformed_after_tokens": 3}, "model_bad_reply"),
    ],
)
async def test_r04_after_the_first_token_nothing_is_retried_and_the_prefix_stays(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client, script: dict[str, Any], code: str
) -> None:
    say(model, text="One two three four five.", **script)
    text, failure = await broken(OpenAIChat(clients, silence_timeout_s=0.5), request(server.url))
    assert (text, failure.code) == ("One two three", code)
    assert len(asked(model)) == 1


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
async def test_a_stream_that_ends_without_saying_so_is_no_success(
    chat: OpenAIChat, body: list[bytes], code: str
) -> None:
    async with loopback(Loopback([body])) as server:
        text, failure = await broken(chat, request(server.url))
    assert (text, failure.code) == ("Hi", code)
    assert len(server.requests) == 1


async def test_a_whole_answer_without_the_done_line_is_a_whole_answer(chat: OpenAIChat) -> None:
    last = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
    async with loopback(Loopback([[delta("Hi"), last]])) as server:
        assert await heard(chat, request(server.url)) == [ModelText("Hi"), ModelFinished("stop", None, None)]


async def test_a_silent_server_is_left_when_the_reader_leaves(chat: OpenAIChat) -> None:
    async with loopback(Loopback([[delta("Hi")]], ends=False)) as server:
        stream = chat.stream(request(server.url))
        assert await anext(stream) == ModelText("Hi")
        await stream.aclose()
        await asyncio.wait_for(server.all_gone.wait(), 10)


async def test_cancelling_closes_the_connection_and_is_not_swallowed(chat: OpenAIChat) -> None:
    async with loopback(Loopback([[delta("Hi")]], ends=False)) as server:
        first = asyncio.Event()

        async def read() -> None:
            async for _ in chat.stream(request(server.url)):
                first.set()

        reading = asyncio.create_task(read())
        await asyncio.wait_for(first.wait(), 10)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await asyncio.wait_for(server.all_gone.wait(), 10)
