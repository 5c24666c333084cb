"""The people of the directory, from a JSON file or the sample ones of the local stack."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

DOMAIN = "northwind.example"

SAMPLE: tuple[dict[str, Any], ...] = (
    {"user": "admin", "name": "Ada Min"},
    {"user": "carol", "name": "Carol Baumann"},
    {"user": "alice", "name": "Alice Weber"},
    {"user": "bob", "name": "Bob Miller"},
    {"user": "dave", "name": "Dave Novak"},
    {"user": "mallory", "name": "Mallory Stone", "assigned": False},
)


@dataclass(frozen=True, slots=True)
class Account:
    """A person. `assigned` is false for those whom the administrator did not grant the application.

    `roles` and `groups` are None where the token shall not carry the claim at all.
    """

    user: str
    name: str
    email: str
    object_id: str
    assigned: bool = True
    roles: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None


class Accounts:
    """Found by user name or e-mail address, without regard to case; `order` is that of the file."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self.order = tuple(accounts)
        self._by_name: dict[str, Account] = {}
        for account in self.order:
            for name in (account.user, account.email):
                if self._by_name.setdefault(name.lower(), account) is not account:
                    raise ValueError(f"two accounts are called {name!r}")

    def find(self, name: str) -> Account | None:
        return self._by_name.get(name.strip().lower())

    @classmethod
    def parse(cls, entries: Iterable[dict[str, Any]], tenant: str) -> "Accounts":
        """Entries need `user`; fields that only the rest of the stack reads (department, …) are passed over.

        An object id that is not given is derived from tenant and user, so that it outlives a `make reset`.
        """
        return cls(
            Account(
                user=entry["user"],
                name=entry.get("name", entry["user"].title()),
                email=entry.get("email", f"{entry['user']}@{DOMAIN}"),
                object_id=entry.get("oid") or str(uuid5(NAMESPACE_URL, f"entra:{tenant}/{entry['user']}")),
                assigned=entry.get("assigned", True),
                roles=_optional(entry.get("roles")),
                groups=_optional(entry.get("groups")),
            )
            for entry in entries
        )

    @classmethod
    def load(cls, path: Path | None, tenant: str) -> "Accounts":
        """`path` None gives the sample accounts; the file is a list, or an object whose "accounts" is one."""
        if path is None:
            return cls.parse(SAMPLE, tenant)
        content = json.loads(path.read_text("utf-8"))
        return cls.parse(content["accounts"] if isinstance(content, dict) else content, tenant)


def _optional(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
