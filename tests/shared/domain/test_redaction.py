"""What redaction takes out, and what it leaves for people to read."""

import base64
import random
import secrets

import pytest

from shared.domain.redaction import MASK, one_line, redacted

SECRET = "s3cr3t-Canary"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Zm9vYmFyYmF6"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"authorization: Basic {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}', 'Accept': '*/*'}}",
        f"[(b'authorization', b'Bearer {SECRET}'), (b'host', b'h')]",
        f"headers: bearer {SECRET}",
        f"Cookie: a=b; __Host-nexus_rt={SECRET}; c=d",
        f"set-cookie: __Secure-nexus_rt={SECRET}; Path=/",
        f"x-functions-key: {SECRET}",
        f"GET /api/chat/stream?conversation_id=1&ticket={SECRET} HTTP/1.1",
        f'"GET /api/documents?q={SECRET}" 200',
        f"https://host.sharepoint.com/x.docx?tempauth={SECRET}",
        f"https://account.blob.core.windows.net/uploads/a?sv=1&sig={SECRET}",
        f"/drives/1/root/delta(token='{SECRET}')",
        f"delta_token={SECRET} was refused",
        f'{{"refresh_token": "{SECRET}", "grant_type": "refresh_token"}}',
        f"client_secret={SECRET}&code_verifier={SECRET}",
        f"postgresql://nexus_app:{SECRET}@10.0.0.4:5432/nexus",
        f"redis://:{SECRET}@cache:6380/0",
        f"AccountKey={SECRET};EndpointSuffix=core.windows.net",
        f"password: '{SECRET}'",
        f"api_key={SECRET}",
    ],
)
def test_a_secret_is_taken_out_whatever_carries_it(text: str) -> None:
    assert SECRET not in redacted(text)
    assert MASK in redacted(text)


@pytest.mark.parametrize(
    "text",
    [JWT, f"token {JWT} expired", f"({JWT})", f"<{JWT}>,", "sk-proj-abcdefgh12345678", f"eyJ{'a' * 40}..a.b.c"],
)
def test_tokens_are_known_by_their_shape(text: str) -> None:
    left = redacted(text)
    assert "eyJ" not in left
    assert "abcdefgh" not in left


def test_opaque_tokens_are_known_by_their_shape() -> None:
    seed = secrets.randbits(64)
    print(f"seed {seed}")
    draw = random.Random(seed)
    for size in (32, 48, 54):
        for _ in range(300):
            token = base64.urlsafe_b64encode(draw.randbytes(size)).decode().rstrip("=")
            assert token not in redacted(f"refused {token} twice")
            assert redacted(f"refused {token} twice").endswith(f"{MASK} twice")


@pytest.mark.parametrize(
    "address",
    ["alice@northwind.example", "o'neill.j+x@a-b.co.uk", "jürgen@firma.example", "alice%40northwind.example", "a@b.c"],
)
def test_an_address_of_a_person_is_taken_out(address: str) -> None:
    assert redacted(f"user {address} signed in") == f"user {MASK} signed in"


@pytest.mark.parametrize(
    "text",
    [
        "GET conversations/{conversation_id} 200",
        "run 7c9e6679-7425-40de-944b-e07fc1f90ae7 ended",
        "correlation 0af7651916cd43dd8448eb211c80319c",
        "hash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "code: model_rate_limited",
        "status code: 503",
        "what? nothing = something",
        "functions/http_api/routes/conversations.py:120 create_conversation_with_a_rather_long_name_for_once",
        "the basic configuration of the token bucket",
        "5 tokens in 3.2 s at 12:30:01",
        "made the collection docs_text-embedding-3-large_3072",
    ],
)
def test_what_operators_need_is_left(text: str) -> None:
    assert redacted(text) == text


def test_long_text_without_anything_in_it_takes_no_long_time_per_character() -> None:
    """A pattern that backtracks would need hours for these; the time limit is the test runner's."""
    for filler in ("a", "a.", "?a", "=", "eyJ", "A1b", "a@", "'", "\\", " "):
        redacted(filler * 10_000)


def test_a_value_stays_on_its_line_and_within_its_length() -> None:
    forged = "a\r\n2026-01-01T00:00:00.000Z ERROR forged\u2028b\x1b[31mred\x00\u202egnp\x85c"
    line = one_line(forged, 1000)
    assert line.splitlines() == [line]
    assert line.isprintable()
    assert "\\r\\n" in line
    assert one_line("ab" * 100, 10) == "ababababab… (200 characters)"
