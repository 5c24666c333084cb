"""Wire models of health."""

from typing import Literal

import msgspec


class Live(msgspec.Struct):
    status: Literal["ok"]


class Ready(msgspec.Struct):
    """`checks` maps postgres, redis, qdrant and blob to "ok" or "down"."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str]
