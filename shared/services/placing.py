"""Role and scope from Entra ID, applied at each sign-in where the company maps them (NEXUS_ROLE_MAPPING)."""

import logging
from dataclasses import dataclass, replace
from typing import Any

from shared.db import audit, people, scopes
from shared.db.people import User
from shared.db.pool import Connection, Db
from shared.domain.countries import COUNTRY_NAMES
from shared.domain.identity import EntraIdentity, Role
from shared.domain.ids import CountryId, DepartmentId
from shared.domain.role_mapping import Place, RoleMapping
from shared.ports import Directory

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placing:
    """`mapping` None: administrators give roles and scopes in Nexus, and Entra's claims mean nothing."""

    db: Db
    directory: Directory
    mapping: RoleMapping | None

    async def with_groups(self, identity: EntraIdentity) -> EntraIdentity:
        """The same person, with the groups that Entra only pointed at. Raises Unavailable("graph"), Throttled: nobody
        is let in on rights that cannot be looked up."""
        if self.mapping is None or not self.mapping.needs_groups() or not identity.groups_overage:
            return identity
        groups = await self.directory.group_ids(identity.tenant_id, identity.object_id)
        return replace(identity, groups=groups, groups_overage=False)

    async def place(self, user: User, identity: EntraIdentity, *, as_admin: bool, correlation_id: str) -> User:
        """The user with role and scope as the claims say; `as_admin` outweighs them. A change is audited, and so is a
        demotion that would leave Nexus without an administrator: that one is not done."""
        if self.mapping is None or self._wanted(self.mapping, user, identity, as_admin) == _place_of(user):
            return user
        async with self.db.transaction() as connection:
            before, is_last_admin = await people.lock_user(connection, user.id)
            wanted = self._wanted(self.mapping, before, identity, as_admin)
            if is_last_admin and wanted.role is not Role.SUPER_ADMIN:
                log.warning("the last super_admin is kept, against the role mapping")
                refused = {"by": "role_mapping", "code": "last_super_admin", "wanted": {"role": wanted.role}}
                await self._record(connection, before, "denied", refused, correlation_id)
                wanted = replace(wanted, role=Role.SUPER_ADMIN)
            if wanted == _place_of(before):
                return before
            after = await people.update_user(
                connection,
                user.id,
                role=wanted.role,
                department_id=await self._department_id(connection, wanted.department, correlation_id),
                country_id=await self._country_id(connection, wanted.country, correlation_id),
                is_active=before.is_active,
            )
            detail = {"by": "role_mapping", "before": _ids_of(before), "after": _ids_of(after)}
            await self._record(connection, after, "ok", detail, correlation_id)
        return after

    @staticmethod
    def _wanted(mapping: RoleMapping, user: User, identity: EntraIdentity, as_admin: bool) -> Place:
        wanted = mapping.place(identity, _place_of(user))
        return replace(wanted, role=Role.SUPER_ADMIN) if as_admin else wanted

    async def _department_id(
        self, connection: Connection, name: str | None, correlation_id: str
    ) -> DepartmentId | None:
        if name is None:
            return None
        department, is_new = await scopes.ensure_department(connection, name)
        if is_new:
            await _record_new(connection, "department", department.id, {"name": name}, correlation_id)
        return department.id

    async def _country_id(self, connection: Connection, code: str | None, correlation_id: str) -> CountryId | None:
        if code is None:
            return None
        country, is_new = await scopes.ensure_country(connection, code, COUNTRY_NAMES.get(code, code))
        if is_new:
            await _record_new(connection, "country", country.id, {"code": code}, correlation_id)
        return country.id

    @staticmethod
    async def _record(
        connection: Connection, user: User, outcome: audit.Outcome, detail: dict[str, Any], correlation_id: str
    ) -> None:
        # Nobody did it: the claims of the person's own sign-in say so.
        await audit.record(
            connection,
            actor=None,
            action="user.change",
            target=str(user.id),
            outcome=outcome,
            detail=detail,
            correlation_id=correlation_id,
        )


async def _record_new(
    connection: Connection, what: str, target: object, named: dict[str, Any], correlation_id: str
) -> None:
    detail = {"by": "role_mapping", **named}
    await audit.record(
        connection,
        actor=None,
        action=f"{what}.create",
        target=str(target),
        detail=detail,
        correlation_id=correlation_id,
    )


def _place_of(user: User) -> Place:
    return Place(
        user.role, user.department.name if user.department else None, user.country.code if user.country else None
    )


def _ids_of(user: User) -> dict[str, Any]:
    caller = user.caller
    return {"role": caller.role, "department_id": caller.department_id, "country_id": caller.country_id}
