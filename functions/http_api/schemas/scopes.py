"""Wire models of departments and countries."""

from datetime import datetime
from typing import Annotated

import msgspec

from shared.db.scopes import Country, Department
from shared.domain.ids import CountryId, DepartmentId

# At least one character that is not white space.
type Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
type CountryCode = Annotated[str, msgspec.Meta(max_length=2, pattern="^[A-Z]{2}$")]


class NewDepartment(msgspec.Struct, forbid_unknown_fields=True):
    name: Name


class DepartmentChange(msgspec.Struct, forbid_unknown_fields=True):
    name: Name


class DepartmentRow(msgspec.Struct):
    id: DepartmentId
    name: str
    created_at: datetime

    @classmethod
    def of(cls, department: Department) -> "DepartmentRow":
        return cls(department.id, department.name, department.created_at)


class NewCountry(msgspec.Struct, forbid_unknown_fields=True):
    """`code` is ISO 3166-1 alpha-2."""

    code: CountryCode
    name: Name


class CountryChange(msgspec.Struct, forbid_unknown_fields=True):
    """A field left out stays as it is."""

    code: CountryCode | msgspec.UnsetType = msgspec.UNSET
    name: Name | msgspec.UnsetType = msgspec.UNSET


class CountryRow(msgspec.Struct):
    id: CountryId
    code: str
    name: str
    created_at: datetime

    @classmethod
    def of(cls, country: Country) -> "CountryRow":
        return cls(country.id, country.code, country.name, country.created_at)
