"""The stand-in through Anthropic's own client library: what it accepts, the product's adapter may rely on."""

from typing import Any

import anthropic
import httpx
import pytest

from devstack.models.app import create_app
from devstack.serving import ServerThread
from tests.devstack.models.test_sdk import ANSWER, PROMPT

MODEL = "claude-opus-4-8"
BODY: dict[str, Any] = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": "x"}]}
PATH = "/v1/messages"


@pytest.fixture
def client(server: ServerThread, model: httpx.Client) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=server.url, api_key="k", max_retries=0, timeout=20)


def say(model: httpx.Client, **script: Any) -> None:
    model.post("/_control/script", json=script).raise_for_status()


def create(client: anthropic.Anthropic, text: str = PROMPT, **more: Any) -> anthropic.types.Message:
    given: dict[str, Any] = {"model": MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": text}]}
    return client.messages.create(**(given | more))


def test_an_answer_whole_and_streamed_is_the_same(client: anthropic.Anthropic) -> None:
    whole = create(client, system="Answer from the passages.")
    assert [(block.type, getattr(block, "text", None)) for block in whole.content] == [("text", ANSWER)]
    assert whole.stop_reason == "end_turn"
    with client.messages.stream(
        model=MODEL, max_tokens=500, system="Answer from the passages.", messages=[{"role": "user", "content": PROMPT}]
    ) as stream:
        texts = list(stream.text_stream)
        final = stream.get_final_message()
    assert "".join(texts) == ANSWER
    assert len(texts) == whole.usage.output_tokens
    assert (final.usage.input_tokens, final.usage.output_tokens) == (
        whole.usage.input_tokens,
        whole.usage.output_tokens,
    )
    assert final.stop_reason == "end_turn"


def test_the_events_come_in_the_order_of_recorded_streams(client: anthropic.Anthropic, model: httpx.Client) -> None:
    say(model, text="one two")
    with client.messages.with_streaming_response.create(**BODY, stream=True) as reply:
        lines = list(reply.iter_lines())
    kinds = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert kinds == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


async def test_the_asynchronous_client_streams_too(server: ServerThread, model: httpx.Client) -> None:
    say(model, text="one two three")
    async with (
        anthropic.AsyncAnthropic(base_url=server.url, api_key="k", max_retries=0) as client,
        client.messages.stream(**BODY) as stream,
    ):
        assert [text async for text in stream.text_stream] == ["one", " two", " three"]


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("length", "max_tokens"), ("content_filter", "refusal"), ("tool_calls", "tool_use"), ("stop", "end_turn")],
)
def test_stop_reasons_are_as_told(client: anthropic.Anthropic, model: httpx.Client, finish: str, reason: str) -> None:
    say(model, text="x", finish_reason=finish)
    assert create(client).stop_reason == reason


def test_a_refusal_is_a_stop_reason(client: anthropic.Anthropic, model: httpx.Client) -> None:
    say(model, refusal="I will not.")
    assert create(client).stop_reason == "refusal"


def test_the_token_limit_and_stop_sequences_end_an_answer(client: anthropic.Anthropic, model: httpx.Client) -> None:
    say(model, text="one two three END four")
    limited = create(client, max_tokens=2)
    assert (getattr(limited.content[0], "text", ""), limited.stop_reason) == ("one two", "max_tokens")
    assert getattr(create(client, stop_sequences=["END"]).content[0], "text", "") == "one two three "


def test_a_key_is_wanted_in_either_header_and_a_configured_one_is_the_only_one(
    server: ServerThread, tmp_path: Any
) -> None:
    version = {"anthropic-version": "2023-06-01"}
    for headers, status in (({}, 401), ({"x-api-key": "k"}, 200), ({"authorization": "Bearer k"}, 200)):
        assert httpx.post(server.url + PATH, json=BODY, headers=headers | version).status_code == status
    with ServerThread(create_app(tmp_path, api_key="right-key-123")) as closed:
        with pytest.raises(anthropic.AuthenticationError):
            create(anthropic.Anthropic(base_url=closed.url, api_key="wrong", max_retries=0))
        assert create(anthropic.Anthropic(base_url=closed.url, api_key="right-key-123", max_retries=0)).content


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"max_tokens": None}, 400, "invalid_request_error"),
        ({"max_tokens": 0}, 400, "invalid_request_error"),
        ({"model": None}, 400, "invalid_request_error"),
        ({"model": "gpt-4o"}, 404, "not_found_error"),
        ({"messages": []}, 400, "invalid_request_error"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, 400, "invalid_request_error"),
        ({"messages": [{"role": "system", "content": "x"}]}, 400, "invalid_request_error"),
        ({"messages": [{"role": "user", "content": " "}]}, 400, "invalid_request_error"),
        ({"messages": [{"role": "user", "content": "quick brown fox " * 50_000}]}, 400, "invalid_request_error"),
    ],
)
def test_wrong_requests_are_refused_in_anthropics_shape(
    model: httpx.Client, change: dict[str, Any], status: int, kind: str
) -> None:
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    reply = model.post(PATH, json=BODY | change, headers=headers)
    assert (reply.status_code, reply.json()["type"], reply.json()["error"]["type"]) == (status, "error", kind)
    assert model.post(PATH, json=BODY, headers={"x-api-key": "k"}).status_code == 400, "a version is wanted"
    assert model.get(PATH).json()["type"] == "error"


def test_a_filtered_prompt_is_a_400(client: anthropic.Anthropic, model: httpx.Client) -> None:
    say(model, prompt_filtered=True)
    with pytest.raises(anthropic.BadRequestError, match="content filtering"):
        create(client)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ({"cut_after_tokens": 2}, Exception),
        ({"malformed_after_tokens": 2}, ValueError),
        ({"hang_after_tokens": 2}, Exception),
        ({"error_after_tokens": 2}, anthropic.APIStatusError),
    ],
    ids=str,
)
def test_a_stream_goes_wrong_after_so_many_tokens(
    client: anthropic.Anthropic, model: httpx.Client, script: dict[str, int], error: type[Exception]
) -> None:
    say(model, text="one two three four", **script)
    heard: list[str] = []

    def read() -> None:
        with client.with_options(timeout=0.5).messages.stream(**BODY) as stream:
            for text in stream.text_stream:
                heard.append(text)

    with pytest.raises(error):
        read()
    assert heard == ["one", " two"]


@pytest.mark.parametrize("status", [429, 500, 529])
def test_faults_apply_here_too(client: anthropic.Anthropic, model: httpx.Client, status: int) -> None:
    rule = {"match": {"path": "messages"}, "then": {"status": status}, "times": 1}
    model.post("/_control/faults", json=[rule])
    with pytest.raises(anthropic.APIStatusError) as refused:
        create(client)
    assert refused.value.status_code == status
    assert create(client).content
