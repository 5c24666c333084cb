import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters import sse
from shared.adapters.sse import SseDecoder, SseEvent, SseTooLong

FRAMING = Path(__file__).parents[4] / "shared" / "data" / "llm-streams" / "sse_framing.jsonl"


def decoded(chunks: list[bytes]) -> list[SseEvent]:
    decoder = SseDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.close()


@pytest.mark.skipif(not FRAMING.exists(), reason="recorded streams are not on this machine")
def test_the_recorded_framing_cases_give_the_recorded_events() -> None:
    for line in FRAMING.read_text("utf-8").split("\n"):
        if not line:
            continue
        case = json.loads(line)
        events = decoded([bytes.fromhex(chunk) for chunk in case["chunks_hex"]])
        assert [[event.event, event.data.decode()] for event in events] == case["events"], case["name"]


_text = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=12)
_event = st.tuples(st.none() | _text.filter(bool), st.lists(_text, min_size=1, max_size=3))


@given(
    events=st.lists(_event, max_size=5),
    line_end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    space=st.booleans(),
    comment=st.booleans(),
    bom=st.booleans(),
    data=st.data(),
)
def test_events_are_the_same_wherever_the_network_cuts(
    events: list[tuple[str | None, list[str]]],
    line_end: bytes,
    space: bool,
    comment: bool,
    bom: bool,
    data: st.DataObject,
) -> None:
    # Without the space after the colon a value must not begin with one: it would be taken for it.
    gap = b": " if space or any(line.startswith(" ") for _, lines in events for line in lines) else b":"
    body = b"\xef\xbb\xbf" if bom else b""
    for name, lines in events:
        rendered = [b": keep-alive"] if comment else []
        rendered += [] if name is None else [b"event: " + name.encode()]
        rendered += [b"data" + gap + line.encode() for line in lines]
        body += line_end.join([*rendered, b"", b""])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8), label="cuts"))
    chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    wanted = [SseEvent(name, "\n".join(lines).encode()) for name, lines in events]
    assert decoded(chunks) == wanted
    assert decoded([body]) == wanted
    assert decoded([body[at : at + 1] for at in range(len(body))]) == wanted


def test_whole_frames_and_frames_in_pieces_may_follow_each_other() -> None:
    chunks = [b"data: 1\n\ndata: 2\n\n", b"data: 3", b"\n\n", b"data: 4\n\n", b"event: x\ndata: 5\n\ndata: 6\n\n"]
    events = decoded(chunks)
    assert [event.data for event in events] == [b"1", b"2", b"3", b"4", b"5", b"6"]
    assert [event.event for event in events] == [None, None, None, None, "x", None]


def test_several_data_lines_in_one_chunk_are_one_event() -> None:
    assert decoded([b"data: a\ndata: b\n\n"]) == [SseEvent(None, b"a\nb")]


def test_the_last_event_is_delivered_without_its_blank_line_or_line_end() -> None:
    assert decoded([b"event: end\ndata: x"]) == [SseEvent("end", b"x")]
    assert decoded([b"data: x\n"]) == [SseEvent(None, b"x")]


def test_comments_ids_retries_and_unknown_fields_are_no_events() -> None:
    assert decoded([b": ping\n\nid: 3\nretry: 100\nwhatever\n\n"]) == []


def test_a_carriage_return_at_a_chunks_end_is_not_counted_twice() -> None:
    assert decoded([b"data: a\r", b"\n\r", b"\ndata: b\r\n\r\n"]) == [SseEvent(None, b"a"), SseEvent(None, b"b")]


def test_an_endless_event_is_refused_instead_of_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100)
    for line in (b"data: " + b"x" * 30 + b"\n", b"x" * 30):
        decoder = SseDecoder()
        for _ in range(3):
            decoder.feed(line)
        with pytest.raises(SseTooLong):
            decoder.feed(line)
