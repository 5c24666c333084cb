"""A signed-in session beyond its access token: a family of refresh tokens, each the successor of the one before."""

from dataclasses import dataclass

from shared.domain.ids import SessionId, UserId


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A living one, just made. `expires_in_s` is what is left of its family's absolute life."""

    session_id: SessionId
    token: str
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class RefreshFamily:
    """`epoch` is the user's session epoch when the session began: it is void once the user has another."""

    session_id: SessionId
    user_id: UserId
    epoch: int
