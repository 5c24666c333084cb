"""Signing in with Microsoft Entra ID."""

from functions.http_api.schemas.auth import AuthConfig, Login, Refresh, SessionView
from functions.http_api.schemas.budgets import MeView
from shared.db import people
from shared.domain.limits import LimitClass
from shared.errors import FieldError, Invalid, SessionEnded
from shared.services.sessions import Session
from shared.web import refresh_cookie
from shared.web.routes import Call, Policy, Reply, Routes

routes = Routes("auth")


@routes.add("GET", "auth/config", Policy.PUBLIC, reply=AuthConfig, errors={})
async def auth_config(call: Call) -> AuthConfig:
    """What the sign-in page needs to start"""
    entra = call.runtime.settings.entra
    return AuthConfig(
        authority=entra.sign_in_authority,
        client_id=entra.client_id,
        scopes=["openid", "profile", "email"],
        redirect_uri=entra.redirect_uris[0],
    )


@routes.add(
    "POST",
    "auth/login",
    Policy.PUBLIC,
    body=Login,
    reply=SessionView,
    cookie=True,
    errors={401: ("sign_in_refused",), 503: ("entra_unavailable", "graph_unavailable", "throttled")},
)
async def auth_login(call: Call) -> Reply:
    """Exchanges an authorization code for a session

    The code of Entra ID's redirect, with the verifier and the nonce that the sign-in began with. The refresh token is
    set as a cookie that no script can read, or comes in the body with `token_transport: "body"`, for programs.
    """
    login: Login = call.body
    if login.redirect_uri not in call.runtime.settings.entra.redirect_uris:
        detail = "This redirect address is not registered."
        raise Invalid(detail, errors=(FieldError("/redirect_uri", detail),))
    session = await call.runtime.signing_in.sign_in(
        login.code, login.code_verifier, login.redirect_uri, login.nonce, correlation_id=call.correlation_id
    )
    return _told(session, in_body=login.token_transport == "body")


@routes.add(
    "POST",
    "auth/refresh",
    Policy.PUBLIC,
    body=Refresh,
    body_optional=True,
    reply=SessionView,
    cookie=True,
    limit=LimitClass.REFRESH,
    errors={401: ("session_ended", "refresh_reused")},
)
async def auth_refresh(call: Call) -> Reply:
    """Exchanges a refresh token, from the cookie or the body, for its successor and a new access token

    A token is good once. Used again later than ten seconds after, it ends the whole session (`refresh_reused`).
    """
    refresh: Refresh = call.body
    token = refresh.refresh_token or refresh_cookie.presented(call.headers)
    if token is None:
        raise SessionEnded("There is no session to go on with. Sign in.")
    session = await call.runtime.sessions.refresh(token, correlation_id=call.correlation_id)
    return _told(session, in_body=refresh.refresh_token is not None)


def _told(session: Session, *, in_body: bool) -> Reply:
    """The refresh token travels one way only: what is in the cookie is in reach of no script."""
    cookie = {} if in_body else refresh_cookie.kept(session.refresh.token, session.refresh.expires_in_s)
    return Reply(200, SessionView.of(session, with_refresh_token=in_body), cookie)


@routes.add("POST", "auth/logout", Policy.SIGNED_IN, status=204, cookie=True, errors={})
async def auth_logout(call: Call) -> Reply:
    """Ends the session that the access token came from"""
    await call.runtime.sessions.end(call.caller)
    return Reply(204, None, refresh_cookie.dropped())


@routes.add("POST", "auth/logout-all", Policy.SIGNED_IN, status=204, cookie=True, errors={404: ("user_not_found",)})
async def auth_logout_all(call: Call) -> Reply:
    """Signs out everywhere: ends all sessions of the caller"""
    user_id = call.caller.user_id
    await call.runtime.sessions.end_all(user_id, actor=user_id, correlation_id=call.correlation_id)
    return Reply(204, None, refresh_cookie.dropped())


@routes.add("GET", "auth/me", Policy.SIGNED_IN, reply=MeView, errors={404: ("user_not_found",)})
async def auth_me(call: Call) -> MeView:
    """The signed-in user, with what is left of today's budget"""
    async with call.runtime.db.connection() as connection:
        user = await people.get_user(connection, call.caller.user_id)
        return MeView.with_budget(user, await call.runtime.budgeting.of(connection, call.caller))
