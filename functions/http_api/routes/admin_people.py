"""Administration of users, departments and countries."""

import msgspec

from functions.http_api.schemas.admin import (
    CountryRow,
    DepartmentRow,
    NewCountry,
    NewDepartment,
    UserChange,
    UsersQuery,
)
from functions.http_api.schemas.auth import UserView
from shared.db import audit, people
from shared.domain.ids import UserId
from shared.web.paging import Page, after_id, page
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin people")


@routes.add("GET", "admin/users", Policy.SUPER_ADMIN, query=UsersQuery, reply=Page[UserView])
async def list_users(call: Call) -> Page[UserView]:
    """Users, searched by name and address"""
    query: UsersQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await people.list_users(
            connection,
            search=query.q,
            role=query.role,
            department_id=query.department_id,
            after=after_id(query.cursor),
            limit=query.limit + 1,
        )
    return page(rows, query.limit, lambda user: (user.id,), UserView.of)


@routes.add("PATCH", "admin/users/{user_id}", Policy.SUPER_ADMIN, body=UserChange, reply=UserView)
async def change_user(call: Call) -> UserView:
    """Changes a user's role, scope or activity"""
    change: UserChange = call.body
    user_id = UserId(call.id("user_id", "user"))
    async with call.runtime.db.transaction() as connection:
        before = await people.get_user(connection, user_id)
        kept = before.caller
        user = await people.update_user(
            connection,
            user_id,
            role=before.role if change.role is msgspec.UNSET else change.role,
            department_id=kept.department_id if change.department_id is msgspec.UNSET else change.department_id,
            country_id=kept.country_id if change.country_id is msgspec.UNSET else change.country_id,
            is_active=before.is_active if change.is_active is msgspec.UNSET else change.is_active,
        )
        await audit.record(
            connection,
            actor=call.caller.user_id,
            action="user.change",
            target=str(user_id),
            detail=msgspec.to_builtins(change),
            correlation_id=call.correlation_id,
        )
    return UserView.of(user)


@routes.add("GET", "admin/departments", Policy.CONTENT_MANAGER, reply=Page[DepartmentRow])
async def list_departments(call: Call) -> Page[DepartmentRow]:
    """All departments by name"""
    async with call.runtime.db.connection() as connection:
        rows = await people.list_departments(connection)
    return Page([DepartmentRow.of(row) for row in rows], None)


@routes.add("POST", "admin/departments", Policy.SUPER_ADMIN, body=NewDepartment, reply=DepartmentRow, status=201)
async def create_department(call: Call) -> DepartmentRow:
    """Adds a department"""
    new: NewDepartment = call.body
    async with call.runtime.db.transaction() as connection:
        created = await people.add_department(connection, new.name.strip())
        await audit.record(
            connection,
            actor=call.caller.user_id,
            action="department.create",
            target=str(created.id),
            detail={"name": created.name},
            correlation_id=call.correlation_id,
        )
    return DepartmentRow.of(created)


@routes.add("GET", "admin/countries", Policy.CONTENT_MANAGER, reply=Page[CountryRow])
async def list_countries(call: Call) -> Page[CountryRow]:
    """All countries by code"""
    async with call.runtime.db.connection() as connection:
        rows = await people.list_countries(connection)
    return Page([CountryRow.of(row) for row in rows], None)


@routes.add("POST", "admin/countries", Policy.SUPER_ADMIN, body=NewCountry, reply=CountryRow, status=201)
async def create_country(call: Call) -> CountryRow:
    """Adds a country by its ISO 3166-1 code"""
    new: NewCountry = call.body
    async with call.runtime.db.transaction() as connection:
        created = await people.add_country(connection, new.code, new.name.strip())
        await audit.record(
            connection,
            actor=call.caller.user_id,
            action="country.create",
            target=str(created.id),
            detail={"code": created.code},
            correlation_id=call.correlation_id,
        )
    return CountryRow.of(created)
