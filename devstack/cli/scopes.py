"""Departments and countries by name: found through the admin API, or made."""

import re
from typing import Any

from devstack.cli.api import NexusApi
from devstack.stack.failures import UsageError

# What a country is called when the local stack has to make it; any other gets its code for a name.
_COUNTRY_NAMES = {
    "AT": "Austria",
    "CH": "Switzerland",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GB": "United Kingdom",
    "IT": "Italy",
    "NL": "Netherlands",
    "PL": "Poland",
    "US": "United States",
}


class Scopes:
    """Ids of departments and countries for one command; each list is read once."""

    def __init__(self, admin: NexusApi) -> None:
        self._admin = admin
        self._known: dict[str, list[dict[str, Any]]] = {}

    async def department(self, name: str | None) -> str | None:
        """None stays None: everyone. Names are compared without regard to case."""
        if name is None:
            return None
        found = await self._find("/admin/departments", name, ("name",))
        return found or await self._create("/admin/departments", {"name": name})

    async def country(self, name: str | None) -> str | None:
        """By ISO code or by name; only a code (two letters) can be made. Raises UsageError for another word."""
        if name is None:
            return None
        found = await self._find("/admin/countries", name, ("code", "name"))
        if found:
            return found
        if not re.fullmatch("[A-Za-z]{2}", name):
            raise UsageError(f"There is no country called {name!r}. Give its two-letter ISO code, such as DE.")
        code = name.upper()
        return await self._create("/admin/countries", {"code": code, "name": _COUNTRY_NAMES.get(code, code)})

    async def _find(self, path: str, name: str, fields: tuple[str, ...]) -> str | None:
        if path not in self._known:
            self._known[path] = await self._admin.all_of(path)
        for item in self._known[path]:
            if any(item[field].casefold() == name.casefold() for field in fields):
                return item["id"]
        return None

    async def _create(self, path: str, body: dict[str, Any]) -> str:
        made = await self._admin.post(path, body)
        self._known[path].append(made)
        return made["id"]
