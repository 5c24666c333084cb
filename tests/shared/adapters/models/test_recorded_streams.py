"""Every recorded stream gives its text, finish reason and usage, wherever the network cuts it; what is broken in one
ends in the error that says so, after exactly the text before it."""

import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.llm_anthropic import MessageReading
from shared.adapters.llm_openai import CompletionReading
from shared.adapters.llm_stream import StreamReading, model_events
from shared.adapters.sse import SseDecoder, SseEvent
from shared.domain.chat import ModelFinished, ModelText
from shared.errors import ModelFailed

RECORDED = Path(__file__).parents[5] / "shared" / "data" / "llm-streams"

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="recorded streams are not on this machine")


@dataclass(frozen=True)
class Said:
    """What a stream comes to. `outcome` is its last word or the code of its failure."""

    text: str
    outcome: ModelFinished | str


# Read off the files by eye, not by the code under test. A pair of texts is the beginning and the end of a longer one.
EXPECTED: dict[str, tuple[str | tuple[str, str], ModelFinished]] = {
    "openai__chat_length_usage_last": ('{"', ModelFinished("length", 79, 1)),
    "azure__chat_default_filter": ("Hi! How can I help?", ModelFinished("stop", 23, 11)),
    "anthropic__basic_response": ("Hello there!", ModelFinished("stop", 11, 6)),
    "anthropic__compaction_response": ("Hello there!", ModelFinished("stop", 30, 8)),
    "anthropic__fallback_credit_response": ("Hello there!", ModelFinished("stop", 25, 8)),
    "anthropic__incomplete_partial_json_response": (
        "I'll create a comprehensive tax guide for someone with multiple W2s and save it in a file called taxes.txt. "
        "Let me do that for you now.",
        ModelFinished("length", 450, 124),
    ),
    "anthropic__input_transformations_empty_delta_response": ("Hello there!", ModelFinished("stop", 25, 8)),
    "anthropic__input_transformations_start_only_response": ("Hello there!", ModelFinished("stop", 25, 8)),
    "anthropic__message_delta_fields_response": ("Hello there!", ModelFinished("stop", 40, 8)),
    "anthropic__stream-a-refusal": ("Hi", ModelFinished("content_filter", 28, 106)),
    "anthropic__stream-b-fallback": (
        (" there! Happy to explain.\n\n**Solar eclipses** happen when", "what's sparking your interest!"),
        ModelFinished("stop", 31, 547),
    ),
    "anthropic__tool_use_response": (
        "I'll check the current weather in Paris for you.",
        ModelFinished("tool_use", 377, 65),
    ),
}
NAMES = sorted(EXPECTED)


def body_of(name: str) -> bytes:
    return (RECORDED / f"{name}.sse").read_bytes()


def reading_of(name: str) -> StreamReading:
    return MessageReading() if name.startswith("anthropic") else CompletionReading()


async def said(name: str, pieces: Iterable[bytes]) -> Said:
    async def network() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    texts: list[str] = []
    outcome: ModelFinished | str = ""
    try:
        async for event in model_events(network(), reading_of(name)):
            if isinstance(event, ModelText):
                assert event.text
                assert not outcome
                texts.append(event.text)
            else:
                outcome = event
    except ModelFailed as failure:
        outcome = failure.code
    return Said("".join(texts), outcome)


def cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({place for place in places if 0 < place < len(body)})
    return [body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True)]


def test_no_recorded_stream_is_left_out() -> None:
    assert {path.stem for path in RECORDED.glob("*.sse")} == set(EXPECTED)


@pytest.mark.parametrize("name", NAMES)
async def test_a_stream_gives_its_text_reason_and_usage_cut_at_every_byte(name: str) -> None:
    body = body_of(name)
    whole = await said(name, [body])
    text, finished = EXPECTED[name]
    if isinstance(text, str):
        assert whole.text == text
    else:
        assert whole.text.startswith(text[0])
        assert whole.text.endswith(text[1])
    assert whole.outcome == finished
    assert await said(name, [body[at : at + 1] for at in range(len(body))]) == whole
    for place in range(1, len(body)):
        assert await said(name, cut(body, [place])) == whole, place


@pytest.mark.parametrize("ending", [b"\r\n", b"\r"])
@pytest.mark.parametrize("name", NAMES)
async def test_the_other_line_ends_and_comments_between_change_nothing(name: str, ending: bytes) -> None:
    body = b": keep-alive\n\n" + body_of(name)
    other = body.replace(b"\n", ending)
    whole = await said(name, [body_of(name)])
    assert await said(name, [other]) == whole
    assert await said(name, [other[at : at + 1] for at in range(len(other))]) == whole


@pytest.mark.parametrize("name", NAMES)
async def test_a_stream_cut_off_anywhere_is_whole_or_says_that_it_broke_off(name: str) -> None:
    body = body_of(name)
    whole = await said(name, [body])
    assert isinstance(whole.outcome, ModelFinished)
    longest = 0
    for length in range(len(body)):
        short = await said(name, [body[:length]])
        assert whole.text.startswith(short.text)
        assert len(short.text) >= longest, "a longer prefix says no less"
        longest = len(short.text)
        if isinstance(short.outcome, ModelFinished):
            # the finish had come; what was lost is the usage after it, or nothing
            assert short.text == whole.text
            assert short.outcome.finish_reason == whole.outcome.finish_reason
        else:
            assert short.outcome == "model_stream_cut", length


@settings(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", NAMES)
async def test_any_chunking_of_any_damage_gives_the_same_result(name: str, data: st.DataObject) -> None:
    body = bytearray(body_of(name))
    # a byte changed, a stretch gone, a stretch twice: networks do not, gateways in between do
    for _ in range(data.draw(st.integers(0, 3), label="damages")):
        at = data.draw(st.integers(0, max(0, len(body) - 2)), label="at")
        match data.draw(st.sampled_from(["change", "lose", "double"]), label="how"):
            case "change":
                body[at] = data.draw(st.integers(0, 255), label="byte")
            case "lose":
                del body[at : at + data.draw(st.integers(1, 200), label="lost")]
            case _:
                body[at:at] = body[at : at + data.draw(st.integers(1, 200), label="doubled")]
        if not body:
            return
    whole = await said(name, [bytes(body)])
    places = data.draw(st.lists(st.integers(1, len(body)), max_size=12), label="cuts")
    assert await said(name, cut(bytes(body), places)) == whole
    assert isinstance(whole.outcome, ModelFinished) or whole.outcome.startswith(("model_", "content_"))


def events_of(name: str) -> list[SseEvent]:
    decoder = SseDecoder()
    return [*decoder.feed(body_of(name)), *decoder.close()]


def rendered(events: Iterable[SseEvent]) -> bytes:
    return b"".join(
        (b"event: %b\n" % event.event.encode() if event.event else b"") + b"data: %b\n\n" % event.data
        for event in events
    )


BROKEN = [b'{"', b"{not json}", b"null", b"[]", b'"text"', b"7", b'{"choices":3,"delta":[]}', b"[" * 100_000, b"\xff"]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: repr(broken[:12]))
@pytest.mark.parametrize("name", NAMES)
async def test_an_event_that_cannot_be_read_ends_the_answer_after_the_text_before_it(name: str, broken: bytes) -> None:
    """Wherever among the events it stands, and however the network cuts."""
    events = events_of(name)
    ended = next(i for i, event in enumerate(events) if event.data == b"[DONE]" or event.event == "message_stop")
    for place in range(ended + 1):
        kind = "content_block_delta" if events[0].event else None
        before = await said(name, [rendered(events[:place])])
        damaged = rendered([*events[:place], SseEvent(kind, broken), *events[place:]])
        result = await said(name, [damaged])
        assert result == Said(before.text, "model_bad_reply"), place
        cuts = random.Random(place).sample(range(1, len(damaged)), 5)
        assert await said(name, cut(damaged, cuts)) == result, (place, cuts)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("anthropic")])
async def test_events_that_nobody_knows_are_skipped_wherever_they_stand(name: str) -> None:
    whole = await said(name, [body_of(name)])
    events = events_of(name)
    unknown = [SseEvent("brand_new", b"\xff no json"), SseEvent("ping", b""), SseEvent("vendor", b'{"type":"error"}')]
    for place in range(len(events) + 1):
        mixed = rendered([*events[:place], *unknown, *events[place:]])
        assert await said(name, [mixed]) == whole, place
