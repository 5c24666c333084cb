"""How much one person, or one address, may ask of Nexus at a time (S18)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import msgspec


class LimitClass(StrEnum):
    """What is counted together. Public routes are counted by client address, all others by user."""

    SIGN_IN = "sign_in"
    REFRESH = "refresh"
    CHAT = "chat"
    SEARCH = "search"
    UPLOAD = "upload"
    ADMIN = "admin"
    GENERAL = "general"

    @property
    def closed_without_count(self) -> bool:
        """Whether nobody passes while nothing can be counted. Sign-in and refresh: a flood of them is an attack, and
        refresh needs Redis anyway. All else stays open: who is signed in goes on working without Redis."""
        return self in (LimitClass.SIGN_IN, LimitClass.REFRESH)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` calls within any `window_s` seconds."""

    count: int
    window_s: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """The verdict on one call: `remaining` more are free now, the next one is given back in `reset_s` seconds."""

    granted: bool
    limit: Limit
    remaining: int
    reset_s: float


# A person asks a question every few seconds at most, and a page makes a handful of calls. Sign-in and refresh are
# counted by address, and a whole company may stand behind one: 5,000 people who open Nexus within a quarter of an
# hour sign in 333 times a minute, with each tab refreshing every 15 minutes.
DEFAULTS: Mapping[LimitClass, Limit] = MappingProxyType(
    {
        LimitClass.SIGN_IN: Limit(400, 60),
        LimitClass.REFRESH: Limit(1200, 60),
        LimitClass.CHAT: Limit(60, 60),
        LimitClass.SEARCH: Limit(60, 60),
        LimitClass.UPLOAD: Limit(30, 60),
        LimitClass.ADMIN: Limit(1200, 60),
        LimitClass.GENERAL: Limit(1200, 60),
    }
)
MAX_COUNT, MAX_WINDOW_S = 10_000, 3600


@dataclass(frozen=True, slots=True)
class Limits:
    """`proxy_hops` is how many proxies of ours add to X-Forwarded-For: 1 is Azure's own front end, 2 with an
    Application Gateway or Front Door before it (which must then be the only way in)."""

    rates: Mapping[LimitClass, Limit] = field(default_factory=lambda: DEFAULTS)
    streams_per_user: int = 5
    proxy_hops: int = 1


def rates_from(text: str | None) -> Mapping[LimitClass, Limit]:
    """The defaults with those replaced that a JSON object such as `{"chat": "30/60"}` names: 30 calls in 60 s.
    Raises ValueError with a sentence that says what is wrong."""
    if text is None:
        return DEFAULTS
    try:
        given = msgspec.json.decode(text, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise ValueError('must be a JSON object such as {"chat": "30/60"} (calls/seconds)') from error
    return MappingProxyType({**DEFAULTS, **{_class(name): _limit(name, value) for name, value in given.items()}})


def _class(name: str) -> LimitClass:
    if name not in LimitClass:
        raise ValueError(f"names {name!r}, which is none of {', '.join(LimitClass)}")
    return LimitClass(name)


def _limit(name: str, value: str) -> Limit:
    count, _, window = value.partition("/")
    numbers_fit = count.isdecimal() and window.isdecimal() and len(count) < 6 and len(window) < 6
    if not (numbers_fit and 1 <= int(count) <= MAX_COUNT and 1 <= int(window) <= MAX_WINDOW_S):
        raise ValueError(
            f"must say calls/seconds for {name}, as in 30/60 "
            f"(1 to {MAX_COUNT} calls in 1 to {MAX_WINDOW_S} s), not {value!r}"
        )
    return Limit(int(count), int(window))
