"""Wire models of administration."""

import msgspec

from shared.domain.identity import Role
from shared.domain.ids import CountryId, DepartmentId
from shared.web.paging import PageQuery


class UsersQuery(PageQuery, forbid_unknown_fields=True):
    q: str | None = None
    role: Role | None = None
    department_id: DepartmentId | None = None
    country_id: CountryId | None = None
    is_active: bool | None = None


class UserChange(msgspec.Struct, forbid_unknown_fields=True):
    """A field left out stays as it is; null takes department or country away."""

    role: Role | msgspec.UnsetType = msgspec.UNSET
    department_id: DepartmentId | msgspec.UnsetType | None = msgspec.UNSET
    country_id: CountryId | msgspec.UnsetType | None = msgspec.UNSET
    is_active: bool | msgspec.UnsetType = msgspec.UNSET
