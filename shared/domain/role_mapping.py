"""Roles and scopes that a company keeps in Entra ID: app roles and groups, and what each of them means in Nexus.

Written as JSON, in the setting NEXUS_ROLE_MAPPING:

    {"roles":  {"Nexus.Admin": {"role": "super_admin"}},
     "groups": {"<object id of a group>": {"role": "content_manager", "department": "HR", "country": "DE"}}}

The mapping governs what it names anywhere: with one entry that gives a department, every person's department comes
from Entra; with none, departments are given in Nexus.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from shared.domain.countries import COUNTRY_NAMES
from shared.domain.identity import EntraIdentity, Role

_GROUP_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SECTIONS = ("roles", "groups")
_FIELDS = ("role", "department", "country")
# As long as the database takes them.
_LONGEST_NAME = 100
_RANK = {Role.USER: 0, Role.CONTENT_MANAGER: 1, Role.SUPER_ADMIN: 2}


class MappingError(ValueError):
    """`problems` holds one sentence per fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one app role or group gives: a role, a department by name, a country by ISO code; None gives nothing."""

    role: Role | None = None
    department: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A person's role and scope, the scope by names."""

    role: Role
    department: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class RoleMapping:
    """Keys are app role values and group ids (lower case), in the order they were written."""

    roles: Mapping[str, Meaning]
    groups: Mapping[str, Meaning]

    @classmethod
    def parse(cls, text: str) -> "RoleMapping":
        """Raises MappingError with every fault."""
        problems: list[str] = []
        content = _read(text, problems)
        sections = {name: _section(name, content.get(name, {}), problems) for name in _SECTIONS}
        problems += [f"knows roles and groups, not {name!r}" for name in content if name not in _SECTIONS]
        if not problems and not any(sections.values()):
            problems.append("names no app role and no group: leave it out instead")
        if problems:
            raise MappingError(problems)
        return cls(**sections)

    def place(self, identity: EntraIdentity, now: Place) -> Place:
        """Where a person belongs, who is at `now` and signs in with these claims.

        A claim that is missing says nothing: what it might have given is kept. A claim that is there and gives nothing
        takes away: the role falls to user, department or country to none. Of several roles the highest counts, of
        several departments or countries the first in the mapping's order, app roles before groups.
        """
        groups = tuple(group.lower() for group in identity.groups or ())
        given = [*_given(self.roles, identity.roles or ()), *_given(self.groups, groups)]
        role = max((meaning.role for meaning in given if meaning.role), key=_RANK.__getitem__, default=Role.USER)
        if not self._is_decided("role", identity):
            # The missing claim may be what the present role comes from: nobody falls by it.
            role = max(role, now.role, key=_RANK.__getitem__)
        department = next((meaning.department for meaning in given if meaning.department), None)
        country = next((meaning.country for meaning in given if meaning.country), None)
        return Place(
            role,
            department if department or self._is_decided("department", identity) else now.department,
            country if country or self._is_decided("country", identity) else now.country,
        )

    def needs_groups(self) -> bool:
        """Whether a person's groups matter at all."""
        return bool(self.groups)

    def _is_decided(self, field: str, identity: EntraIdentity) -> bool:
        """Governed, and no claim that could give it is missing."""
        sources = [
            claim
            for claim, section in ((identity.roles, self.roles), (identity.groups, self.groups))
            if any(getattr(meaning, field) for meaning in section.values())
        ]
        return bool(sources) and None not in sources


def _given(section: Mapping[str, Meaning], held: tuple[str, ...]) -> Iterator[Meaning]:
    return (meaning for key, meaning in section.items() if key in held)


class _Duplicate(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Duplicate(f"says twice what {next(key for key in keys if keys.count(key) > 1)!r} means")
    return found


def _read(text: str, problems: list[str]) -> dict[str, Any]:
    try:
        content: Any = json.loads(text, object_pairs_hook=_once)
    except _Duplicate as error:
        problems.append(str(error))
        return {}
    except (json.JSONDecodeError, RecursionError):
        problems.append("is not valid JSON")
        return {}
    if not isinstance(content, dict):
        problems.append("must be a JSON object")
        return {}
    return cast("dict[str, Any]", content)


def _section(name: str, content: Any, problems: list[str]) -> dict[str, Meaning]:
    if not isinstance(content, dict):
        problems.append(f"{name} must be an object")
        return {}
    section: dict[str, Meaning] = {}
    for key, entry in cast("dict[str, Any]", content).items():
        at = f"{name}[{key!r}]"
        if name == "groups" and not _GROUP_ID.fullmatch(key.lower()):
            problems.append(f"{at}: a group is named by its object id")
        # Group ids are the same in either case, app role values are not.
        known = key.lower() if name == "groups" else key
        if not known.strip() or known in section:
            problems.append(f"{at}: this name is empty or given twice")
        section[known] = _meaning(at, entry, problems)
    return section


def _meaning(at: str, entry: Any, problems: list[str]) -> Meaning:
    if not isinstance(entry, dict) or not entry:
        problems.append(f"{at} must give at least one of role, department and country")
        return Meaning()
    given = cast("dict[str, Any]", entry)
    problems += [f"{at}: knows role, department and country, not {field!r}" for field in given if field not in _FIELDS]
    role, department, country = (given.get(field) for field in _FIELDS)
    if "role" in given and role not in list(Role):
        problems.append(f"{at}: role must be super_admin, content_manager or user, not {role!r}")
        role = None
    if "department" in given and not (
        isinstance(department, str) and department.strip() and len(department) <= _LONGEST_NAME
    ):
        problems.append(f"{at}: department must be a name of 1 to {_LONGEST_NAME} characters")
        department = None
    if "country" in given and not (isinstance(country, str) and country in COUNTRY_NAMES):
        problems.append(f"{at}: country must be a code of ISO 3166-1 alpha-2 such as DE, not {country!r}")
        country = None
    return Meaning(Role(role) if role else None, department.strip() if department else None, country)
