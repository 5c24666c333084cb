"""The rules of `devstack.faults`: parsed strictly, so that a misspelt one is a 400."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

_MATCH: dict[str, tuple[type, ...]] = {
    "method": (str,),
    "path": (str,),
    "nth": (int,),
    "every": (int,),
    "probability": (int, float),
}
_THEN: dict[str, tuple[type, ...]] = {
    "status": (int,),
    "headers": (dict,),
    "body": (str, dict, list, int, float, bool, type(None)),
    "delay_ms": (int, float),
    "hang": (bool,),
    "reset": (bool,),
    "truncate_after": (int,),
    "drip_bytes_per_s": (int, float),
}
_RULE: dict[str, tuple[type, ...]] = {"match": (dict,), "then": (dict,), "times": (int,), "seed": (int,)}


def _checked(value: Any, allowed: dict[str, tuple[type, ...]], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be an object, not {value!r}")
    for key, item in value.items():
        if key not in allowed:
            raise ValueError(f"{where}.{key} is unknown; known are {', '.join(allowed)}")
        misfit = isinstance(item, bool) and bool not in allowed[key]
        if misfit or not isinstance(item, allowed[key]):
            raise ValueError(f"{where}.{key} cannot be {item!r}")
        if isinstance(item, int | float) and item < 0 and key != "body":
            raise ValueError(f"{where}.{key} cannot be negative")
    return value


@dataclass(slots=True)
class FaultRule:
    match: dict[str, Any]
    then: dict[str, Any]
    times: int | None
    seed: int
    path: re.Pattern[str] | None = None
    seen: int = 0
    applied: int = 0
    dice: random.Random = field(default_factory=random.Random)

    @classmethod
    def parse(cls, value: Any) -> "FaultRule":
        rule = _checked(value, _RULE, "rule")
        match = _checked(rule.get("match", {}), _MATCH, "match")
        then = _checked(rule.get("then"), _THEN, "then")
        for key in ("nth", "every", "drip_bytes_per_s"):
            if {**match, **then}.get(key) == 0:
                raise ValueError(f"{key} must be at least 1")
        if "status" in then and not 200 <= then["status"] <= 599:
            raise ValueError("then.status must be between 200 and 599")
        seed = rule.get("seed", random.randrange(2**32))
        try:
            path = re.compile(match["path"]) if "path" in match else None
        except re.error as error:
            raise ValueError(f"match.path is no regular expression: {error}") from error
        return cls(match, then, rule.get("times"), seed, path, dice=random.Random(seed))

    def fires(self, method: str, path: str) -> bool:
        """Counts the request if it fits, and says whether this rule wants it."""
        if "method" in self.match and self.match["method"].upper() != method:
            return False
        if self.path is not None and not self.path.search(path):
            return False
        self.seen += 1
        if "nth" in self.match and self.seen != self.match["nth"]:
            return False
        if "every" in self.match and self.seen % self.match["every"]:
            return False
        if "probability" in self.match and self.dice.random() >= self.match["probability"]:
            return False
        return self.times is None or self.applied < self.times

    def shown(self) -> dict[str, Any]:
        shown = {"match": self.match, "then": self.then, "seed": self.seed}
        if self.times is not None:
            shown["times"] = self.times
        return {**shown, "seen": self.seen, "applied": self.applied}
