"""Wire models of sign-in."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from shared.db.people import User
from shared.domain.identity import Role
from shared.domain.ids import CountryId, DepartmentId, UserId
from shared.services.sessions import Session

type Short = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


class AuthConfig(msgspec.Struct):
    authority: str
    client_id: str
    scopes: list[str]
    redirect_uri: str


class Login(msgspec.Struct, forbid_unknown_fields=True):
    code: Short
    code_verifier: Annotated[str, msgspec.Meta(min_length=43, max_length=128)]
    redirect_uri: Short
    nonce: Annotated[str, msgspec.Meta(min_length=8, max_length=200)]
    token_transport: Literal["cookie", "body"] = "cookie"


class DepartmentView(msgspec.Struct):
    id: DepartmentId
    name: str


class CountryView(msgspec.Struct):
    id: CountryId
    code: str
    name: str


class UserView(msgspec.Struct):
    id: UserId
    email: str | None
    display_name: str
    role: Role
    is_active: bool
    department: DepartmentView | None
    country: CountryView | None
    created_at: datetime
    last_login_at: datetime | None

    @classmethod
    def of(cls, user: User) -> "UserView":
        return cls(
            id=user.id,
            email=user.email,
            display_name=user.display_name,
            role=user.role,
            is_active=user.is_active,
            department=DepartmentView(user.department.id, user.department.name) if user.department else None,
            country=CountryView(user.country.id, user.country.code, user.country.name) if user.country else None,
            created_at=user.created_at,
            last_login_at=user.last_login_at,
        )


class Refresh(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing where the cookie brings the token."""

    refresh_token: Short | None = None


class SessionView(msgspec.Struct):
    """`expires_in` is the access token's life in seconds. `refresh_token` comes with token transport "body" only."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    user: UserView
    refresh_token: str | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, session: Session, *, with_refresh_token: bool) -> "SessionView":
        return cls(
            access_token=session.access_token,
            token_type="Bearer",
            expires_in=session.expires_in,
            user=UserView.of(session.user),
            refresh_token=session.refresh.token if with_refresh_token else msgspec.UNSET,
        )
