"""Environment variables, read one after the other: what is wrong with them is remembered, not raised at the first."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit


class VariableReader:
    """`problems` holds one sentence per wrong variable."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[str] = []

    def optional(self, name: str) -> str | None:
        return self._env.get(name, "").strip() or None

    def verbatim(self, name: str) -> str:
        return self._env.get(name, "")

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self.optional(name) or default
        if value is None:
            self.problems.append(f"{name} is missing")
            return ""
        return value

    def many(self, name: str, *, default: tuple[str, ...] = (), required: bool = False) -> tuple[str, ...]:
        value = self.optional(name)
        if value is None and required:
            self.problems.append(f"{name} is missing (several values are separated by commas)")
        return default if value is None else tuple(part.strip() for part in value.split(",") if part.strip())

    def url(self, name: str, *, schemes: tuple[str, ...] = ("https", "http"), default: str | None = None) -> str:
        value = self.text(name, default=default)
        if value and not (urlsplit(value).scheme in schemes and urlsplit(value).hostname):
            # the value itself may hold a password: it is never repeated
            self.problems.append(f"{name} is not an address that starts with {' or '.join(s + '://' for s in schemes)}")
        return value.rstrip("/")

    def origins(self, name: str) -> tuple[str, ...]:
        """As browsers write them: compared as text, so a slash too many would shut everyone out."""
        found = self.many(name)
        for origin in found:
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", origin):
                self.problems.append(f"{name} holds {origin!r}: an origin is scheme://host[:port], lower case, no path")
        return found

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.optional(name)
        if value is not None and value.lower() not in ("true", "false"):
            self.problems.append(f"{name} must be true or false, not {value!r}")
        return default if value is None else value.lower() == "true"

    def integer(self, name: str, *, default: int, low: int, high: int) -> int:
        value = self.optional(name)
        if value is None:
            return default
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            self.problems.append(f"{name} must be a whole number from {low} to {high}, not {value!r}")
            return default
        return int(value)
