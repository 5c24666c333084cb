"""A model that refuses, fails, hangs or breaks off (R04), a reader who leaves (R09): the same for every provider."""

import asyncio
import gzip
import socket
from dataclasses import replace
from typing import Any

import httpx
import pytest

from devstack.serving import ServerThread
from shared.adapters import model_connections
from shared.domain.chat import ModelFinished, ModelText, ProviderKind
from tests.shared.adapters.models.loopback import (
    KINDS,
    PATHS,
    Chats,
    Loopback,
    asked,
    broken,
    ending,
    fault,
    heard,
    loopback,
    piece,
    request,
    say,
    text_of,
)

ANYWHERE = "chat/completions$|/v1/messages$"


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> ProviderKind:
    return request.param


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": {"code": "invalid_value", "message": "no"}}, "model_refused_request"),
        (401, {"error": {"code": "invalid_api_key", "message": "sk-secret is wrong"}}, "model_key_missing"),
        (403, {"error": {"message": "no"}}, "model_key_missing"),
        (404, {"error": {"code": "model_not_found", "message": "no"}}, "model_not_found"),
        (413, {"error": {"type": "request_too_large", "message": "no"}}, "model_context_too_long"),
        (302, "", "model_refused_request"),
        (418, "<html>a teapot</html>", "model_refused_request"),
    ],
)
async def test_refusals_have_reasons_say_nothing_internal_and_are_not_retried(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind, status: int, body: Any, code: str
) -> None:
    headers = {"location": f"{server.url}/v1/elsewhere"} if status == 302 else {}
    fault(model, ANYWHERE, {"status": status, "body": body, "headers": headers})
    text, failure = await broken(chats.of(kind), request(server.url, kind))
    assert (text, failure.code) == ("", code)
    assert "sk-secret" not in failure.detail
    assert [call["path"] for call in asked(model)] == [PATHS[kind]], "no redirect is followed"


async def test_a_prompt_blocked_by_the_filter_is_refused_readably_and_not_retried(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind
) -> None:
    say(model, prompt_filtered=True)
    _, failure = await broken(chats.of(kind), request(server.url, kind))
    assert failure.code == "content_filtered"
    assert "filter" in failure.detail
    assert len(asked(model)) == 1


async def test_a_prompt_beyond_the_models_window_says_so(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind
) -> None:
    _, failure = await broken(chats.of(kind), request(server.url, kind, question="quick brown fox " * 50_000))
    assert failure.code == "model_context_too_long"
    assert len(asked(model)) == 1


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ({"status": 429, "body": {"error": {"code": "rate_limit_exceeded"}}}, "model_rate_limited"),
        ({"status": 500, "body": "oops"}, "model_unavailable"),
        ({"status": 529, "body": {"error": {"type": "overloaded_error"}}}, "model_unavailable"),
        ({"status": 503, "headers": {"retry-after": "0"}}, "model_unavailable"),
        ({"reset": True}, "model_unavailable"),
        ({"hang": True}, "model_timeout"),
        ({"truncate_after": 40}, "model_stream_cut"),
        ({"body": "data: {not json\n\n", "headers": {"content-type": "text/event-stream"}}, "model_bad_reply"),
        ({"body": "", "headers": {"content-type": "text/event-stream"}}, "model_stream_cut"),
        ({"body": "<html>a proxy's page</html>"}, "model_stream_cut"),
    ],
    ids=str,
)
async def test_r04_before_the_first_token_a_failed_call_is_tried_once_more_and_no_further(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind, then: dict[str, Any], code: str
) -> None:
    fault(model, ANYWHERE, then)
    text, failure = await broken(chats.of(kind, silence_timeout_s=0.3), request(server.url, kind))
    assert (text, failure.code) == ("", code)
    assert len(asked(model)) == 2


@pytest.mark.parametrize("then", [{"status": 500, "body": "oops"}, {"reset": True}, {"truncate_after": 10}], ids=str)
async def test_r04_the_second_try_answers_as_if_nothing_had_been(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind, then: dict[str, Any]
) -> None:
    fault(model, ANYWHERE, then, times=1)
    say(model, text="Here I am.")
    assert text_of(await heard(chats.of(kind), request(server.url, kind))) == "Here I am."
    assert len(asked(model)) == 2


async def test_r04_the_second_try_waits_as_long_as_it_was_asked_to(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind
) -> None:
    fault(model, ANYWHERE, {"status": 429, "headers": {"retry-after-ms": "700"}}, times=1)
    assert text_of(await heard(chats.of(kind), request(server.url, kind)))
    first, second = asked(model)
    assert second["time"] - first["time"] >= 0.7


async def test_r04_a_wait_that_is_too_long_is_not_waited(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind
) -> None:
    fault(model, ANYWHERE, {"status": 429, "headers": {"retry-after": "600"}})
    _, failure = await broken(chats.of(kind), request(server.url, kind))
    assert failure.code == "model_rate_limited"
    assert len(asked(model)) == 1


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"hang_after_tokens": 3}, "model_timeout"),
        ({"cut_after_tokens": 3}, "model_stream_cut"),
        ({"malformed_after_tokens": 3}, "model_bad_reply"),
        ({"error_after_tokens": 3}, "model_unavailable"),
    ],
    ids=str,
)
async def test_r04_after_the_first_token_nothing_is_retried_and_the_prefix_stays(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind, script: dict[str, Any], code: str
) -> None:
    say(model, text="One two three four five.", **script)
    text, failure = await broken(chats.of(kind, silence_timeout_s=0.5), request(server.url, kind))
    assert (text, failure.code) == ("One two three", code)
    assert len(asked(model)) == 1


async def test_r04_a_hang_before_the_first_token_is_given_up_although_the_stream_has_begun(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind
) -> None:
    say(model, text="One", hang_after_tokens=0)
    text, failure = await broken(chats.of(kind, silence_timeout_s=0.3), request(server.url, kind))
    assert (text, failure.code) == ("", "model_timeout")
    assert len(asked(model)) == 2


async def test_r04_a_reset_after_the_first_token_keeps_the_prefix(
    chats: Chats, server: ServerThread, model: httpx.Client, kind: ProviderKind
) -> None:
    say(model, text="word " * 400)
    fault(model, ANYWHERE, {"truncate_after": 20_000, "reset": True})
    text, failure = await broken(chats.of(kind), request(server.url, kind))
    assert failure.code == "model_stream_cut"
    assert ("word " * 400).startswith(text)
    assert len(asked(model)) == 1 + (not text)


async def test_r03_nobody_at_the_address_is_a_model_that_cannot_be_reached(chats: Chats, kind: ProviderKind) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        _, failure = await broken(chats.of(kind), request(f"http://127.0.0.1:{nobody.getsockname()[1]}", kind))
    assert failure.code == "model_unavailable"


async def test_r03_a_connection_whose_handshake_never_ends_is_given_up(
    chats: Chats, kind: ProviderKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TCP is there, TLS is not: the limit of a connection holds, not the much longer one of silence."""
    monkeypatch.setattr(model_connections, "CONNECT_TIMEOUT_S", 0.3)
    async with loopback(Loopback([[b""]])) as server:
        address = server.url.replace("http:", "https:")
        async with asyncio.timeout(20):
            _, failure = await broken(chats.of(kind), request(address, kind))
    assert failure.code == "model_timeout"
    assert server.connections == 2


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:port", "ftp://127.0.0.1", "//nowhere", "http://[half"])
async def test_an_address_that_is_none_is_a_mistake_in_the_set_up(
    chats: Chats, kind: ProviderKind, endpoint: str
) -> None:
    given = request(endpoint, kind)
    given = replace(given, provider=replace(given.provider, endpoint=endpoint))
    _, failure = await broken(chats.of(kind), given)
    assert failure.code in ("model_refused_request", "model_unavailable")


@pytest.mark.parametrize("kind_of_body", ["gzip", "identity"])
async def test_a_gateway_may_compress_what_it_passes_on(chats: Chats, kind: ProviderKind, kind_of_body: str) -> None:
    body = piece(kind, "Hi") + ending(kind)
    if kind_of_body == "gzip":
        body = gzip.compress(body)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: " + kind_of_body.encode()
    async with loopback(Loopback([[body[:40], body[40:]]], head=head)) as server:
        assert text_of(await heard(chats.of(kind), request(server.url, kind))) == "Hi"


async def test_a_whole_answer_without_the_last_line_is_a_whole_answer(chats: Chats, kind: ProviderKind) -> None:
    body = [piece(kind, "Hi"), ending(kind).rstrip(b"\n").rpartition(b"\n\n")[0]]
    async with loopback(Loopback([body])) as server:
        assert await heard(chats.of(kind), request(server.url, kind)) == [
            ModelText("Hi"),
            ModelFinished("stop", None, None),
        ]


async def test_what_comes_after_the_last_word_is_not_looked_at(chats: Chats, kind: ProviderKind) -> None:
    body = [piece(kind, "Hi"), ending(kind) + piece(kind, "more"), b"data: {no json\n\n"]
    async with loopback(Loopback([body])) as server:
        assert text_of(await heard(chats.of(kind), request(server.url, kind))) == "Hi"


async def test_a_connection_serves_the_next_call_too(chats: Chats, kind: ProviderKind) -> None:
    async with loopback(Loopback([[piece(kind, "Hi"), ending(kind)]])) as server:
        chat = chats.of(kind)
        for _ in range(5):
            await heard(chat, request(server.url, kind))
        assert (len(server.requests), server.connections) == (5, 1)


async def test_a_silent_server_is_left_when_the_reader_leaves(chats: Chats, kind: ProviderKind) -> None:
    async with loopback(Loopback([[piece(kind, "Hi")]], ends=False)) as server:
        stream = chats.of(kind).stream(request(server.url, kind))
        assert await anext(stream) == ModelText("Hi")
        await stream.aclose()
        await asyncio.wait_for(server.all_gone.wait(), 10)


@pytest.mark.parametrize("said", [True, False], ids=["after the first token", "before the first token"])
async def test_cancelling_closes_the_connection_and_is_not_swallowed(
    chats: Chats, kind: ProviderKind, said: bool
) -> None:
    async with loopback(Loopback([[piece(kind, "Hi") if said else b": wait\n\n"]], ends=False)) as server:
        first = asyncio.Event()

        async def read() -> None:
            async for _ in chats.of(kind).stream(request(server.url, kind)):
                first.set()

        reading = asyncio.create_task(read())
        if said:
            await asyncio.wait_for(first.wait(), 10)
        else:
            while not server.requests:
                await asyncio.sleep(0.01)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await asyncio.wait_for(server.all_gone.wait(), 10)
        assert len(server.requests) == 1


async def test_what_comes_while_nobody_looks_is_one_event_and_nothing_of_it_is_lost(
    chats: Chats, kind: ProviderKind
) -> None:
    """In pieces of their own, two hundred of them at once: a look after the first, and few more."""
    words = [f"word{number} " for number in range(200)]
    async with loopback(Loopback([[*(piece(kind, word) for word in words), ending(kind)]])) as server:
        events = await heard(chats.of(kind), request(server.url, kind))
    assert text_of(events) == "".join(words)
    assert 2 <= sum(isinstance(event, ModelText) for event in events) <= 20
