"""What must not be read in a log (S20): secrets by their shape, people by their address.

Redaction is the second net. The first is that nothing logs a prompt, a document or a body: those have no shape.
"""

import re

MASK = "[redacted]"

_SECRET_NAMES = (
    r"(?:access_|refresh_|id_|delta_?|skip_?)?token|ticket|code_verifier|client_secret|client_assertion|password|passwd"
    r"|pwd|secret|api[-_]?key|account_?key|sig|signature|nonce"
)

# In this order: what takes in more comes first.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # header lines and pairs, as text, dict or list of tuples; a cookie's value goes on to the end of the line
    (
        re.compile(
            r"""(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-functions-key|x-api-key|api-key)
                (["']?\s*[:=,]\s*b?["']?)[^\r\n"']+""",
            re.VERBOSE,
        ),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer)\s+[\w.~+/=-]{8,}|\b(basic)\s+[A-Za-z0-9+/=]{16,}"), rf"\1\2 {MASK}"),
    # passwords of connection strings: scheme://user:password@host
    (re.compile(r"(://)[^\s/@\"']*@"), rf"\1{MASK}@"),
    # query strings: tickets, signatures, delta tokens, what someone typed
    (re.compile(r"\?[^\s\"'<>?=]*=[^\s\"'<>]*"), f"?{MASK}"),
    (re.compile(rf"""(?i)\b({_SECRET_NAMES})(["']?\s*[=:]\s*b?["']?)[^\s"'&,;)}}\]]+"""), rf"\1\2{MASK}"),
    # an authorization code is told from a problem's code by its length
    (re.compile(r"""(?i)\b(code|key)(["']?\s*[=:]\s*b?["']?)[^\s"'&,;)}\]]{32,}"""), rf"\1\2{MASK}"),
    # tokens with a signature (JWT, JWE)
    (re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}"), MASK),
    (re.compile(r"\bsk-[\w-]{8,}"), MASK),
    # opaque tokens of 30 bytes and more, ours among them: long, and of both cases, which no id or hash of ours is
    (re.compile(r"(?<![\w+-])(?=[\w+-]*[A-Z])(?=[\w+-]*[a-z])[A-Za-z0-9_+-]{40,}={0,2}"), MASK),
    (re.compile(r"[\w.%+'-]{1,64}(?:@|%40)\w[\w-]{0,62}(?:\.[\w-]{1,63})+"), MASK),
)

# Line breaks of every kind, terminal escapes, and what turns the reading direction: a value stays within its line.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def redacted(text: str) -> str:
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def one_line(text: str, limit: int) -> str:
    """At most `limit` characters, control characters written as escapes."""
    if len(text) > limit:
        text = f"{text[:limit]}… ({len(text)} characters)"
    return _CONTROLS.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
