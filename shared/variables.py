"""Environment variables, read one after the other: what is wrong with them is remembered, not raised at the first."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

# What App Service puts in the place of a value it could not look up: the reference itself, as it was written.
_REFERENCE = re.compile(r"@Microsoft\.(KeyVault|AppConfiguration)\(", re.IGNORECASE)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_unresolved(value: str) -> bool:
    """Whether a variable holds a Key Vault reference instead of the secret: never to be used as one."""
    return _REFERENCE.match(value.strip()) is not None


def signs_in_by_identity(url: str) -> bool:
    """An address that names a user and no password: tokens of the managed identity are the password."""
    parts = urlsplit(url)
    return bool(parts.username) and not parts.password


class VariableReader:
    """`problems` holds one sentence per wrong variable."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._unresolved: set[str] = set()
        self.problems: list[str] = []

    def optional(self, name: str) -> str | None:
        value = self._env.get(name, "").strip()
        if is_unresolved(value):
            if name not in self._unresolved:
                self.problems.append(
                    f"{name} holds a Key Vault reference that the platform did not resolve: the secret is not there, "
                    "the identity may not read it, or the vault cannot be reached"
                )
            self._unresolved.add(name)
            return None
        return value or None

    def missing(self, name: str, why: str = "") -> None:
        """Says so, unless it is there as a reference, which was said."""
        if name not in self._unresolved:
            self.problems.append(f"{name} is missing{why}")

    def verbatim(self, name: str) -> str:
        return self._env.get(name, "")

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self.optional(name) or default
        if value is None:
            self.missing(name)
            return ""
        return value

    def many(self, name: str, *, default: tuple[str, ...] = (), required: bool = False) -> tuple[str, ...]:
        value = self.optional(name)
        if value is None and required:
            self.missing(name, " (several values are separated by commas)")
        return default if value is None else tuple(part.strip() for part in value.split(",") if part.strip())

    def url(self, name: str, *, schemes: tuple[str, ...] = ("https", "http"), default: str | None = None) -> str:
        value = self.text(name, default=default)
        if value and not (urlsplit(value).scheme in schemes and urlsplit(value).hostname):
            # the value itself may hold a password: it is never repeated
            self.problems.append(f"{name} is not an address that starts with {' or '.join(s + '://' for s in schemes)}")
        return value.rstrip("/")

    def server(self, name: str, *, schemes: tuple[str, ...]) -> str:
        """An address with its user. A token must not travel in the open, nor to whoever answers in the server's
        place; within one machine it may."""
        value = self.url(name, schemes=schemes)
        parts = urlsplit(value)
        encrypted = parts.scheme == "rediss" or parse_qs(parts.query).get("sslmode") == ["verify-full"]
        if signs_in_by_identity(value) and not encrypted and parts.hostname not in _LOOPBACK:
            how = "rediss://" if "rediss" in schemes else "?sslmode=verify-full"
            self.problems.append(f"{name} holds no password, so that a token is sent: it must be encrypted ({how})")
        return value

    def origins(self, name: str) -> tuple[str, ...]:
        """As browsers write them: compared as text, so a slash too many would shut everyone out."""
        found = self.many(name)
        for origin in found:
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", origin):
                self.problems.append(f"{name} holds {origin!r}: an origin is scheme://host[:port], lower case, no path")
        return found

    def hosts(self, name: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
        found = self.many(name, default=default)
        for host in found:
            if not re.fullmatch(r"[a-z0-9.-]+(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?", host):
                self.problems.append(f"{name} holds {host!r}: a host is lower case, with a port or without, no scheme")
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
