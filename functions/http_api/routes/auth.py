"""Signing in with Microsoft Entra ID."""

from functions.http_api.schemas.auth import AuthConfig, Login, SessionView, UserView
from shared.db import people
from shared.errors import FieldError, Invalid
from shared.web.routes import Call, Policy, Routes

routes = Routes("auth")


@routes.add("GET", "auth/config", Policy.PUBLIC, reply=AuthConfig)
async def auth_config(call: Call) -> AuthConfig:
    """What the sign-in page needs to start"""
    entra = call.runtime.settings.entra
    return AuthConfig(
        authority=f"{entra.authority}/{entra.tenant_id}",
        client_id=entra.client_id,
        scopes=["openid", "profile", "email"],
        redirect_uri=entra.redirect_uris[0],
    )


@routes.add("POST", "auth/login", Policy.PUBLIC, body=Login, reply=SessionView)
async def auth_login(call: Call) -> SessionView:
    """Exchanges an authorization code for a session"""
    login: Login = call.body
    if login.redirect_uri not in call.runtime.settings.entra.redirect_uris:
        detail = "This redirect address is not registered."
        raise Invalid(detail, errors=(FieldError("/redirect_uri", detail),))
    session = await call.runtime.signing_in.sign_in(
        login.code, login.code_verifier, login.redirect_uri, login.nonce, correlation_id=call.correlation_id
    )
    return SessionView(session.access_token, "Bearer", session.expires_in, UserView.of(session.user))


@routes.add("GET", "auth/me", Policy.SIGNED_IN, reply=UserView)
async def auth_me(call: Call) -> UserView:
    """The signed-in user"""
    async with call.runtime.db.connection() as connection:
        return UserView.of(await people.get_user(connection, call.caller.user_id))
