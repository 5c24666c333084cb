import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.tokenizer import O200kTokenizer

TOKENIZER = O200kTokenizer()


def test_counts_are_those_of_o200k() -> None:
    # Lengths of known encodings: "hello world" is [24912, 2375], and o200k has a token for "antidisestablishment…".
    assert TOKENIZER.count("hello world") == 2
    assert TOKENIZER.count("") == 0
    assert TOKENIZER.count("Hello, schöne Übergänge!") == 6
    assert TOKENIZER.count("<|endoftext|>") > 1, "special tokens in text are text"


@given(text=st.text(max_size=60) | st.text("aé€🤷🏽 \n", max_size=40), most=st.integers(-1, 30))
def test_a_truncated_text_is_the_longest_beginning_that_fits(text: str, most: int) -> None:
    kept = TOKENIZER.truncate(text, most)
    sendable = text.encode("utf-8", "replace").decode()
    assert sendable.startswith(kept)
    assert TOKENIZER.count(kept) <= max(0, most)
    if TOKENIZER.count(text) <= most:
        assert kept == sendable


def test_a_long_text_is_cut_near_the_limit() -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 2000
    kept = TOKENIZER.truncate(text, 500)
    assert 495 <= TOKENIZER.count(kept) <= 500
    assert text.startswith(kept)


def test_lone_surrogates_are_counted_not_refused() -> None:
    assert TOKENIZER.count("a\ud800b") > 0
    assert TOKENIZER.truncate("a\ud800b", 10) == "a?b"


def test_threads_that_come_at_once_share_one_load(monkeypatch: pytest.MonkeyPatch) -> None:
    import bpe_openai._bindings as bindings

    loads: list[str] = []
    real = bindings.tokenizer_for_encoding

    def counted(name: str) -> bindings.PyTokenizer:
        loads.append(name)
        return real(name)

    monkeypatch.setattr(bindings, "tokenizer_for_encoding", counted)
    tokenizer = O200kTokenizer()
    start = threading.Barrier(8)
    counts: list[int] = []

    def count() -> None:
        start.wait()
        counts.append(tokenizer.count("hello world"))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [2] * 8
    assert loads == ["o200k_base"]


def test_making_one_loads_nothing() -> None:
    assert O200kTokenizer()._bpe is None
    assert "shared.adapters.tokenizer" in sys.modules
