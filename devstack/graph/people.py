"""Users, the groups they are in, and the permissions on an item."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from devstack.graph.answers import GraphError, invalid, not_found
from devstack.graph.records import Drive, Item

_MEMBERSHIP = ("transitiveMemberOf", "memberOf")


@dataclass(frozen=True, slots=True)
class People:
    """A user is what `PUT /_control/users/{id}` said: displayName, mail, groups [{id, displayName}]."""

    database: sqlite3.Connection

    def put(self, identity: str, body: dict[str, Any]) -> dict[str, Any]:
        groups = body.get("groups", [])
        if not isinstance(groups, list) or not all(isinstance(group, dict) and "id" in group for group in groups):
            raise ValueError("groups is a list of objects with an id")
        kept = {"displayName": body.get("displayName", ""), "mail": body.get("mail", ""), "groups": groups}
        with self.database:
            self.database.execute(
                "INSERT INTO users (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (identity, json.dumps(kept)),
            )
        return {"id": identity, **kept}

    def answer(self, segments: list[str], claims: dict[str, Any]) -> dict[str, Any]:
        """`me`, `users/{id}`, and below them the groups; `…/microsoft.graph.group` narrows to groups, which is
        all there is here."""
        identity, below = self._who(segments, claims)
        match below:
            case []:
                return self._profile(identity, claims)
            case [membership] | [membership, "microsoft.graph.group"] if membership in _MEMBERSHIP:
                return {"value": self._groups(identity)}
        raise invalid(f"Resource not found for the segment '{below[0]}'.")

    def member_objects(self, segments: list[str], claims: dict[str, Any]) -> dict[str, Any]:
        """`POST users/{id}/getMemberObjects`: what a group overage claim points at."""
        identity, _ = self._who(segments, claims)
        return {"value": [group["id"] for group in self._groups(identity)]}

    def _who(self, segments: list[str], claims: dict[str, Any]) -> tuple[str, list[str]]:
        if segments[0] == "users" and len(segments) > 1:
            return segments[1], segments[2:]
        if segments[0] != "me":
            raise invalid("A user is addressed by id.")
        if claims.get("idtyp") == "app":
            message = "/me request is only valid with delegated authentication flow."
            raise GraphError(400, "BadRequest", message)
        return claims.get("oid", "me"), segments[1:]

    def _kept(self, identity: str) -> dict[str, Any] | None:
        row = self.database.execute("SELECT body FROM users WHERE id = ?", (identity,)).fetchone()
        return None if row is None else json.loads(row["body"])

    def _groups(self, identity: str) -> list[dict[str, Any]]:
        kept = self._kept(identity)
        if kept is None:
            raise not_found(f"Resource '{identity}' does not exist or one of its queried references does not.")
        return [{"@odata.type": "#microsoft.graph.group", **group} for group in kept["groups"]]

    def _profile(self, identity: str, claims: dict[str, Any]) -> dict[str, Any]:
        kept = self._kept(identity)
        if kept is None and identity not in ("me", claims.get("oid")):
            raise not_found(f"Resource '{identity}' does not exist or one of its queried references does not.")
        name = (kept or {}).get("displayName") or claims.get("name", "SharePoint User")
        mail = (kept or {}).get("mail") or claims.get("preferred_username", "sharepoint.user@contoso.com")
        return {"id": identity, "displayName": name, "mail": mail, "userPrincipalName": mail}

    def put_permissions(self, drive: Drive, item: Item, entries: list[dict[str, Any]]) -> None:
        with self.database:
            self.database.execute(
                "INSERT INTO permissions (drive_id, item_id, body) VALUES (?, ?, ?)"
                " ON CONFLICT (drive_id, item_id) DO UPDATE SET body = excluded.body",
                (drive.id, item.id, json.dumps(entries)),
            )

    def permissions(self, drive: Drive, item: Item) -> list[dict[str, Any]]:
        """Those put on the item, else what a library's site groups give. `inheritedFrom` is not returned, as
        SharePoint does not return it."""
        row = self.database.execute(
            "SELECT body FROM permissions WHERE drive_id = ? AND item_id = ?", (drive.id, item.id)
        ).fetchone()
        if row is not None:
            return json.loads(row["body"])
        groups = {"3": ("Owners", "owner"), "4": ("Visitors", "read"), "5": ("Members", "write")}
        return [
            {"id": number, "roles": [role], "grantedToV2": {"siteGroup": {"id": number, "displayName": name}}}
            for number, (name, role) in groups.items()
        ]
