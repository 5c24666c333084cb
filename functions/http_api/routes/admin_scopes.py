"""Administration of departments and countries."""

import msgspec

from functions.http_api.schemas.scopes import (
    CountryChange,
    CountryRow,
    DepartmentChange,
    DepartmentRow,
    NewCountry,
    NewDepartment,
)
from shared.db import scopes
from shared.domain.countries import COUNTRY_NAMES
from shared.domain.ids import CountryId, DepartmentId
from shared.errors import FieldError, Invalid
from shared.web import auditing
from shared.web.paging import Page, PageQuery, after_name_and_id, page
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin scopes")


def _department_id(call: Call) -> DepartmentId:
    return DepartmentId(call.id("department_id", "department"))


@routes.add("GET", "admin/departments", Policy.CONTENT_MANAGER, query=PageQuery, reply=Page[DepartmentRow], errors={})
async def list_departments(call: Call) -> Page[DepartmentRow]:
    """Departments by name"""
    query: PageQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await scopes.list_departments(connection, after=after_name_and_id(query.cursor), limit=query.limit + 1)
    return page(rows, query.limit, lambda row: (row.name, row.id), DepartmentRow.of)


@routes.add(
    "POST",
    "admin/departments",
    Policy.SUPER_ADMIN,
    body=NewDepartment,
    reply=DepartmentRow,
    status=201,
    errors={409: ("department_exists",)},
)
async def create_department(call: Call) -> DepartmentRow:
    """Adds a department"""
    new: NewDepartment = call.body
    async with call.runtime.db.transaction() as connection:
        created = await scopes.add_department(connection, new.name.strip())
        await auditing.record(call, connection, "department.create", created.id, {"name": created.name})
    return DepartmentRow.of(created)


@routes.add(
    "PATCH",
    "admin/departments/{department_id}",
    Policy.SUPER_ADMIN,
    body=DepartmentChange,
    reply=DepartmentRow,
    errors={404: ("department_not_found",), 409: ("department_exists",)},
)
async def change_department(call: Call) -> DepartmentRow:
    """Renames a department; who and what belongs to it stays"""
    change: DepartmentChange = call.body
    async with call.runtime.db.transaction() as connection:
        before, after = await scopes.rename_department(connection, _department_id(call), change.name.strip())
        detail = {"before": {"name": before.name}, "after": {"name": after.name}}
        await auditing.record(call, connection, "department.change", after.id, detail)
    return DepartmentRow.of(after)


@routes.add(
    "DELETE",
    "admin/departments/{department_id}",
    Policy.SUPER_ADMIN,
    status=204,
    errors={404: ("department_not_found",), 409: ("department_in_use",)},
)
async def delete_department(call: Call) -> None:
    """Deletes a department that nobody and nothing belongs to"""
    async with call.runtime.db.transaction() as connection:
        deleted = await scopes.delete_department(connection, _department_id(call))
        await auditing.record(call, connection, "department.delete", deleted.id, {"before": {"name": deleted.name}})


def _country_id(call: Call) -> CountryId:
    return CountryId(call.id("country_id", "country"))


def _require_iso(code: str) -> None:
    if code not in COUNTRY_NAMES:
        detail = f"{code} is not a country code of ISO 3166-1 alpha-2"
        raise Invalid(detail + ".", errors=(FieldError("/code", detail),), code="country_code_unknown")


@routes.add("GET", "admin/countries", Policy.CONTENT_MANAGER, query=PageQuery, reply=Page[CountryRow], errors={})
async def list_countries(call: Call) -> Page[CountryRow]:
    """Countries by code"""
    query: PageQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await scopes.list_countries(connection, after=after_name_and_id(query.cursor), limit=query.limit + 1)
    return page(rows, query.limit, lambda row: (row.code, row.id), CountryRow.of)


@routes.add(
    "POST",
    "admin/countries",
    Policy.SUPER_ADMIN,
    body=NewCountry,
    reply=CountryRow,
    status=201,
    errors={409: ("country_exists",), 422: ("country_code_unknown",)},
)
async def create_country(call: Call) -> CountryRow:
    """Adds a country by its ISO 3166-1 code"""
    new: NewCountry = call.body
    _require_iso(new.code)
    async with call.runtime.db.transaction() as connection:
        created = await scopes.add_country(connection, new.code, new.name.strip())
        detail = {"code": created.code, "name": created.name}
        await auditing.record(call, connection, "country.create", created.id, detail)
    return CountryRow.of(created)


@routes.add(
    "PATCH",
    "admin/countries/{country_id}",
    Policy.SUPER_ADMIN,
    body=CountryChange,
    reply=CountryRow,
    errors={404: ("country_not_found",), 409: ("country_exists",), 422: ("country_code_unknown",)},
)
async def change_country(call: Call) -> CountryRow:
    """Corrects a country's code or name; who and what belongs to it stays"""
    change: CountryChange = call.body
    code = None if change.code is msgspec.UNSET else change.code
    name = None if change.name is msgspec.UNSET else change.name.strip()
    if code is not None:
        _require_iso(code)
    async with call.runtime.db.transaction() as connection:
        before, after = await scopes.change_country(connection, _country_id(call), code=code, name=name)
        named: list[str] = list(msgspec.to_builtins(change))
        detail = {
            "before": {field: getattr(before, field) for field in named},
            "after": {field: getattr(after, field) for field in named},
        }
        await auditing.record(call, connection, "country.change", after.id, detail)
    return CountryRow.of(after)


@routes.add(
    "DELETE",
    "admin/countries/{country_id}",
    Policy.SUPER_ADMIN,
    status=204,
    errors={404: ("country_not_found",), 409: ("country_in_use",)},
)
async def delete_country(call: Call) -> None:
    """Deletes a country that nobody and nothing belongs to"""
    async with call.runtime.db.transaction() as connection:
        deleted = await scopes.delete_country(connection, _country_id(call))
        detail = {"before": {"code": deleted.code, "name": deleted.name}}
        await auditing.record(call, connection, "country.delete", deleted.id, detail)
