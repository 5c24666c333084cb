"""Token counts as OpenAI's o200k models count them, from bpe-openai (its ranks are in the wheel)."""

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bpe_openai._bindings import PyTokenizer

# Tokens are at least a byte; the longest of o200k are 128 characters of white space.
_LONGEST_TOKEN = 128


class O200kTokenizer:
    """The port `Tokenizer`. Loaded at the first call (about 0.1 s, 40 MB), once, whatever the number of threads."""

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._bpe: PyTokenizer | None = None

    def count(self, text: str) -> int:
        return self._loaded().count(_encodable(text))

    def truncate(self, text: str, max_tokens: int) -> str:
        """The longest prefix of at most `max_tokens` tokens; never ends inside a character."""
        if max_tokens <= 0:
            return ""
        bpe = self._loaded()
        text = _encodable(text)
        # Nothing after this can belong to the first tokens, and a megabyte need not be encoded to keep a page.
        text = text[: (max_tokens + 1) * _LONGEST_TOKEN]
        tokens = bpe.encode(text)
        if len(tokens) <= max_tokens:
            return text
        for end in range(max_tokens, 0, -1):
            try:
                prefix = bpe.decode(tokens[:end])
            except ValueError:
                # A character of several tokens was cut: leave it out whole.
                continue
            # Cut off, the prefix's last word may be encoded otherwise, in more tokens than it had within the text.
            if bpe.count(prefix) <= max_tokens:
                return prefix
        return ""

    def _loaded(self) -> "PyTokenizer":
        if self._bpe is None:
            with self._loading:
                if self._bpe is None:
                    # The binding itself: the package's tiktoken-like face has no `count` (five times faster than
                    # encoding) and builds a dictionary of all ranks.
                    from bpe_openai._bindings import tokenizer_for_encoding

                    self._bpe = tokenizer_for_encoding("o200k_base")
        return self._bpe


def _encodable(text: str) -> str:
    """Lone surrogates (broken JSON escapes) cannot be UTF-8; they count as what will be sent in their place."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
