"""Characters as people read them: no ligatures, no invisible ones, plain spaces, composed accents."""

import re
import unicodedata

# Format characters that show nothing: soft hyphen, zero-width space, word joiner, bidi marks and overrides,
# byte order mark, variation selectors, tags. U+200C and U+200D stay: Persian, Hindi and emoji need them.
# They go because they break words for search and can carry text that only a model sees (design 06, S14).
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CONTROL = "\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ue000-\uf8ff"
_DROPPED = re.compile(f"[{_INVISIBLE}{_CONTROL}]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "ĳ": "ij", "Ĳ": "IJ"}
)
_LIGATURE = re.compile("[ﬀ-ﬆĳĲ]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_RUNS = re.compile(r"[ \t]{2,}|\t")
_AROUND_BREAK = re.compile(r" *\n *")
_MANY_BREAKS = re.compile(r"\n{3,}")
# Most texts hold none of all this: one look instead of seven.
_UNCLEAN = re.compile(
    f"[{_INVISIBLE}{_CONTROL}\t\n\r\x0c\x85\u2028\u2029\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
    "ﬀ-ﬆĳĲ\ud800-\udfff]|  "
)
_ANY_SPACE = re.compile(r"\s+")


def is_clean(text: str) -> bool:
    """Whether `clean` would change nothing but white space at the ends."""
    if text.isascii():  # the same question, answered many times faster
        return text.isprintable() and "  " not in text
    return _UNCLEAN.search(text) is None and unicodedata.is_normalized("NFC", text)


def clean(text: str) -> str:
    """The text with line breaks as "\\n", stripped; runs of spaces become one."""
    if is_clean(text):
        return text.strip()
    text = _BREAKS.sub("\n", text)
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
        text = _SPACES.sub(" ", text)
        if _LIGATURE.search(text):
            text = text.translate(_LIGATURES)
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
    text = _DROPPED.sub("", text)
    text = _RUNS.sub(" ", text)
    if "\n" in text:
        text = _MANY_BREAKS.sub("\n\n", _AROUND_BREAK.sub("\n", text))
    return text.strip()


def clean_line(text: str) -> str:
    """As `clean`, on one line."""
    if is_clean(text):
        return text.strip()
    return _ANY_SPACE.sub(" ", clean(text)).strip()


def clean_code(text: str) -> str:
    """Keeps indentation: only what is not text at all goes."""
    text = _SURROGATE.sub("\ufffd", _BREAKS.sub("\n", text))
    return _DROPPED.sub("", text).strip("\n").rstrip()
