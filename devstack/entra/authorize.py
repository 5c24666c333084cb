"""The authorization endpoint: checks the request, finds out who signs in, and sends the code to the redirect URI."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from devstack.entra import pages
from devstack.entra.accounts import Account, Accounts
from devstack.entra.client import Client
from devstack.entra.errors import EntraError, account_disabled, missing, not_assigned
from devstack.entra.grants import Grant, Grants, check_challenge

SESSION_COOKIE = "ESTSAUTH"


def sign_in_required(sentence: str) -> EntraError:
    return EntraError("login_required", 50058, sentence)


@dataclass(slots=True)
class Authorization:
    accounts: Accounts
    client: Client
    grants: Grants
    disabled: set[str]
    clock: Callable[[], float]

    def answer(self, request: Mapping[str, str], session: str | None) -> Response:
        """`request`: the parameters, with `account` once a person chose one; `session`: who signed in before.

        Raises EntraError while client and redirect URI are in doubt: such errors must not be redirected.
        """
        self.client.check_id(request.get("client_id"))
        redirect_uri = request.get("redirect_uri")
        if redirect_uri is None:
            raise missing("redirect_uri")
        self.client.check_redirect(redirect_uri)
        try:
            self._check(request)
            account = self._who(request, session)
            if account is None:
                return HTMLResponse(self._picker(request))
            code = self._code(request, redirect_uri, account)
        except EntraError as error:
            body = error.body(request.get("client-request-id"))
            fields = {key: body[key] for key in ("error", "error_description", "error_uri")}
            return _to_client(request, redirect_uri, fields)
        reply = _to_client(request, redirect_uri, {"code": code})
        reply.set_cookie(SESSION_COOKIE, account.user, httponly=True, samesite="lax")
        return reply

    def _check(self, request: Mapping[str, str]) -> None:
        if request.get("response_type") != "code":
            raise EntraError(
                "unsupported_response_type",
                70005,
                f"response_type '{request.get('response_type', '')}' is not supported for the application.",
            )
        if request.get("response_mode", "query") not in ("query", "fragment", "form_post"):
            raise EntraError("invalid_request", 900144, "The response_mode is not supported.")
        if "openid" not in request.get("scope", "").split():
            raise missing("scope")
        check_challenge(request.get("code_challenge"), request.get("code_challenge_method"))

    def _who(self, request: Mapping[str, str], session: str | None) -> Account | None:
        """None: ask. A login_hint that names an account goes straight through, as with a live session."""
        chosen = request.get("account")
        if chosen is not None:
            return self.accounts.find(chosen)
        prompt = request.get("prompt", "")
        hinted = self.accounts.find(request["login_hint"]) if "login_hint" in request else None
        if prompt in ("login", "select_account"):
            return None
        if hinted is not None:
            return hinted
        if prompt != "none":
            # One account in the session is not asked again by Entra either, unless another was hinted at.
            return self.accounts.find(session) if session and "login_hint" not in request else None
        if "login_hint" not in request and session and (known := self.accounts.find(session)):
            return known
        raise sign_in_required("Session information is not sufficient for single-sign-on.")

    def _picker(self, request: Mapping[str, str]) -> str:
        hint = request.get("login_hint")
        unknown = hint is not None and self.accounts.find(hint) is None
        notice = f"{hint} is no account of this directory." if unknown else None
        return pages.account_picker(self.accounts.order, request, notice)

    def _code(self, request: Mapping[str, str], redirect_uri: str, account: Account) -> str:
        if account.user in self.disabled:
            raise account_disabled("access_denied")
        if not account.assigned:
            raise not_assigned(account.email, self.client.client_id)
        return self.grants.code(
            Grant(
                account=account,
                client_id=self.client.client_id,
                redirect_uri=redirect_uri,
                scope=request["scope"],
                nonce=request.get("nonce"),
                challenge=request.get("code_challenge"),
                issued_at=self.clock(),
            )
        )


def _to_client(request: Mapping[str, str], redirect_uri: str, fields: dict[str, str]) -> Response:
    if "state" in request:
        fields = fields | {"state": request["state"]}
    mode = request.get("response_mode", "query")
    if mode == "form_post":
        return HTMLResponse(pages.form_post(redirect_uri, fields))
    query = "&" if "?" in redirect_uri else "?"
    separator = "#" if mode == "fragment" else query
    return RedirectResponse(f"{redirect_uri}{separator}{urlencode(fields)}", status_code=302)
