"""What staticwebapp.config.json says, as far as the web app uses it. Anything else in the file is refused: a rule that
works here and not there, or the other way round, would be found in production."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec


class RouteRule(msgspec.Struct, forbid_unknown_fields=True):
    """`route` is an address, or ends in `/*`. The first rule that fits a request is the only one."""

    route: str
    redirect: str | None = None
    rewrite: str | None = None
    status_code: Annotated[int, msgspec.Meta(ge=300, le=399)] | None = msgspec.field(default=None, name="statusCode")
    headers: dict[str, str] = {}

    def fits(self, path: str) -> bool:
        return path.startswith(self.route[:-1]) if self.route.endswith("/*") else path == self.route


class Override(msgspec.Struct, forbid_unknown_fields=True):
    rewrite: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    routes: list[RouteRule] = []
    response_overrides: dict[str, Override] = msgspec.field(default_factory=dict, name="responseOverrides")
    global_headers: dict[str, str] = msgspec.field(default_factory=dict, name="globalHeaders")
    mime_types: dict[str, str] = msgspec.field(default_factory=dict, name="mimeTypes")


@dataclass(frozen=True, slots=True)
class Rules:
    """`not_found` is the page for what is not there, as a path within the site."""

    routes: tuple[RouteRule, ...]
    global_headers: dict[str, str]
    mime_types: dict[str, str]
    not_found: str | None

    @classmethod
    def read(cls, file: Path) -> "Rules":
        """Raises msgspec.ValidationError for what is not known here, FileNotFoundError when there is none."""
        found = msgspec.json.decode(file.read_bytes(), type=_File)
        override = found.response_overrides.get("404")
        return cls(tuple(found.routes), found.global_headers, found.mime_types, override.rewrite if override else None)

    def of(self, path: str) -> RouteRule | None:
        return next((rule for rule in self.routes if rule.fits(path)), None)
