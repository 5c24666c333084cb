"""Who is calling."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.ids import CountryId, DepartmentId, SessionId, UserId


class Role(StrEnum):
    SUPER_ADMIN = "super_admin"
    CONTENT_MANAGER = "content_manager"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person, as their access token says. The only source of what they may do and read.

    `session_id` is the session that the token came from, so that signing out needs nothing else.
    """

    user_id: UserId
    role: Role
    department_id: DepartmentId | None
    country_id: CountryId | None
    session_id: SessionId | None = None


@dataclass(frozen=True, slots=True)
class EntraIdentity:
    """What a validated id_token says. A person is (tenant_id, object_id), never an e-mail (S03).

    `roles` and `groups` are None when the claim is absent, which is not the same as empty.
    """

    tenant_id: str
    object_id: str
    email: str
    display_name: str
    roles: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    groups_overage: bool = False

    @property
    def entra_id(self) -> str:
        return f"{self.tenant_id}:{self.object_id}"
