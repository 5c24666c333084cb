"""Administration of users."""

from typing import Any

import msgspec

from functions.http_api.schemas.admin import UserChange, UsersQuery
from functions.http_api.schemas.auth import UserView
from shared.db import people
from shared.db.people import User
from shared.domain.ids import UserId
from shared.web import auditing
from shared.web.paging import Page, after_name_and_id, page
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin people")


@routes.add("GET", "admin/users", Policy.SUPER_ADMIN, query=UsersQuery, reply=Page[UserView], errors={})
async def list_users(call: Call) -> Page[UserView]:
    """Users by name, searched and filtered"""
    query: UsersQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await people.list_users(
            connection,
            search=query.q,
            role=query.role,
            department_id=query.department_id,
            country_id=query.country_id,
            is_active=query.is_active,
            after=after_name_and_id(query.cursor),
            limit=query.limit + 1,
        )
    return page(rows, query.limit, lambda user: (user.display_name, user.id), UserView.of)


@routes.add(
    "PATCH",
    "admin/users/{user_id}",
    Policy.SUPER_ADMIN,
    body=UserChange,
    reply=UserView,
    errors={404: ("user_not_found",), 409: ("last_super_admin",), 422: ("department_not_found", "country_not_found")},
)
async def change_user(call: Call) -> UserView:
    """Changes a user's role, scope or activity"""
    change: UserChange = call.body
    user_id = UserId(call.id("user_id", "user"))
    async with call.runtime.db.transaction() as connection:
        before, _ = await people.lock_user(connection, user_id)
        kept = before.caller
        user = await people.update_user(
            connection,
            user_id,
            role=before.role if change.role is msgspec.UNSET else change.role,
            department_id=kept.department_id if change.department_id is msgspec.UNSET else change.department_id,
            country_id=kept.country_id if change.country_id is msgspec.UNSET else change.country_id,
            is_active=before.is_active if change.is_active is msgspec.UNSET else change.is_active,
        )
        await auditing.record(
            call, connection, "user.change", user_id, _changed(before, user, msgspec.to_builtins(change))
        )
    if user.session_epoch != before.session_epoch:
        await call.runtime.sessions.forget(user_id)
    return UserView.of(user)


def _changed(before: User, after: User, named: dict[str, Any]) -> dict[str, Any]:
    """What the change was about, as it was and as it is. Ids only: no name and no address (S20)."""

    def shown(user: User) -> dict[str, Any]:
        caller = user.caller
        fields = {
            "role": caller.role,
            "department_id": caller.department_id,
            "country_id": caller.country_id,
            "is_active": user.is_active,
        }
        return {name: fields[name] for name in named}

    return {"before": shown(before), "after": shown(after)}
