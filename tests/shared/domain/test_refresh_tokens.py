"""What a refresh token is made of, and what is believed of one."""

import base64
import secrets
from uuid import uuid4

import pytest

from shared.domain.ids import SessionId
from shared.domain.refresh_tokens import RefreshTokens, hash_of

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)


@pytest.fixture
def tokens() -> RefreshTokens:
    return RefreshTokens([NEW, OLD])


def test_a_token_brings_back_its_family_and_generation(tokens: RefreshTokens) -> None:
    session = SessionId(uuid4())
    read = tokens.read(tokens.make(session, 41))
    assert read is not None
    assert (read.session_id, read.generation, read.is_ours) == (session, 41, True)


def test_every_generation_of_every_family_has_256_bits_of_its_own(tokens: RefreshTokens) -> None:
    made = [tokens.make(SessionId(uuid4()), generation) for _ in range(20) for generation in range(20)]
    parts = {base64.urlsafe_b64decode(token)[22:] for token in made}
    assert len(parts) == len(made)
    assert {len(part) * 8 for part in parts} == {256}


def test_the_same_successor_is_made_by_every_instance_with_the_same_key(tokens: RefreshTokens) -> None:
    session = SessionId(uuid4())
    assert RefreshTokens([NEW]).make(session, 3) == tokens.make(session, 3)
    assert RefreshTokens([OLD]).make(session, 3) != tokens.make(session, 3)


def test_tokens_of_both_keys_are_ours_and_of_a_dropped_one_not(tokens: RefreshTokens) -> None:
    before, after = RefreshTokens([OLD]), RefreshTokens([NEW])
    session = SessionId(uuid4())
    old = before.make(session, 0)
    for known, is_ours in ((before, True), (tokens, True), (after, False)):
        read = known.read(old)
        assert read is not None
        assert (read.session_id, read.is_ours) == (session, is_ours)
    assert tokens.find(session, 0, hash_of(old)) == old
    assert after.find(session, 0, hash_of(old)) is None


def test_a_token_with_any_character_changed_is_not_ours(tokens: RefreshTokens) -> None:
    token = tokens.make(SessionId(uuid4()), 7)
    for at, character in enumerate(token):
        changed = token[:at] + ("A" if character != "A" else "B") + token[at + 1 :]
        read = tokens.read(changed)
        assert read is not None
        assert not read.is_ours, at


def test_what_has_another_shape_is_nothing(tokens: RefreshTokens) -> None:
    token = tokens.make(SessionId(uuid4()), 0)
    for other in (
        "",
        token[:-1],
        token + "A",
        token + "=",
        token + "\n",
        "é" + token[1:],
        "+" + token[1:],
        token * 100,
    ):
        assert tokens.read(other) is None


def test_the_access_tokens_key_itself_makes_no_refresh_token(tokens: RefreshTokens) -> None:
    """The derivation stands between: a signature that the same secret makes elsewhere is worth nothing here."""
    import hmac

    claim = uuid4().bytes + (0).to_bytes(6)
    forged = base64.urlsafe_b64encode(claim + hmac.digest(NEW, claim, "sha256")).decode()
    read = tokens.read(forged)
    assert read is not None
    assert not read.is_ours


def test_without_a_secret_there_are_no_tokens() -> None:
    with pytest.raises(ValueError, match="at least one"):
        RefreshTokens([])
