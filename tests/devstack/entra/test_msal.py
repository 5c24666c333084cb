"""Microsoft's own client library against the stand-in.

msal takes https authorities only, so it gets an https name and a transport that leads the name to loopback.
The transport ignores the environment: REQUESTS_CA_BUNDLE and proxies of the machine must not decide a test.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import msal
import pytest
import requests
from cryptography.hazmat.primitives import serialization

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.serving import ServerThread
from tests.devstack.entra.conftest import CLIENT_ID, REDIRECT, SECRET, TENANT
from tests.devstack.entra.test_applications import GRAPH_SCOPE, certificate

NAME = "https://login.nexus.example"


class ToLoopback(requests.adapters.HTTPAdapter):
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        parts = urlsplit(request.url)
        target = urlsplit(self._url)
        request.url = parts._replace(scheme=target.scheme, netloc=target.netloc).geturl()
        return super().send(request, *args, **kwargs)


@pytest.fixture(scope="module")
def signing() -> tuple[Any, str]:
    return certificate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, signing: tuple[Any, str]) -> Iterator[ServerThread]:
    client = Client(CLIENT_ID, TENANT, secret=SECRET, certificate_pem=signing[1])
    accounts = Accounts.load(None, TENANT)
    home: Path = tmp_path_factory.mktemp("msal")
    with ServerThread(EntraStandIn(home, client=client, accounts=accounts, base_url=NAME).app) as server:
        yield server


@pytest.fixture
def transport(server: ServerThread) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", ToLoopback(server.url))
        yield session


def _application(transport: requests.Session, credential: object = SECRET) -> msal.ConfidentialClientApplication:
    # Instance discovery is left on: the stand-in answers it too, whatever host is asked.
    return msal.ConfidentialClientApplication(
        CLIENT_ID, authority=f"{NAME}/{TENANT}", client_credential=credential, http_client=transport
    )


def _sign_in(application: msal.ConfidentialClientApplication, url: str, user: str) -> dict[str, Any]:
    flow = application.initiate_auth_code_flow(
        ["User.Read"], redirect_uri=REDIRECT, login_hint=user, response_mode="form_post"
    )
    asked = urlsplit(flow["auth_uri"])
    page = httpx.get(f"{url}{asked.path}?{asked.query}").text
    # msal checks state, nonce, issuer, audience and times itself.
    answer = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    return application.acquire_token_by_auth_code_flow(flow, answer)


def test_msal_signs_a_person_in_with_code_and_pkce_and_then_refreshes(
    server: ServerThread, transport: requests.Session
) -> None:
    application = _application(transport)
    result = _sign_in(application, server.url, "alice")

    assert "error" not in result, result
    claims = result["id_token_claims"]
    assert (claims["preferred_username"], claims["tid"]) == ("alice@northwind.example", TENANT)
    assert claims["iss"] == f"{NAME}/{TENANT}/v2.0"
    (account,) = application.get_accounts()
    assert account["home_account_id"] == f"{claims['oid']}.{TENANT}"
    renewed = application.acquire_token_silent_with_error(["User.Read"], account, force_refresh=True)
    assert renewed is not None
    assert renewed["access_token"] != result["access_token"]


def test_msal_reports_a_person_who_is_not_assigned(server: ServerThread, transport: requests.Session) -> None:
    result = _sign_in(_application(transport), server.url, "mallory")
    assert result["error"] == "access_denied"
    assert "AADSTS50105" in result["error_description"]


def test_msal_gets_an_application_token_by_secret(transport: requests.Session) -> None:
    result = _application(transport).acquire_token_for_client([GRAPH_SCOPE])
    claims = jwt.decode(result["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["idtyp"]) == ("https://graph.microsoft.com", "app")


def test_msal_gets_an_application_token_by_certificate(transport: requests.Session, signing: tuple[Any, str]) -> None:
    key = signing[0].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    credential = {"private_key": key.decode(), "public_certificate": signing[1]}
    result = _application(transport, credential).acquire_token_for_client([GRAPH_SCOPE])
    assert "error" not in result, result
    assert result["access_token"]


def test_msal_reports_a_wrong_secret(transport: requests.Session) -> None:
    result = _application(transport, "wrong").acquire_token_for_client([GRAPH_SCOPE])
    assert (result["error"], result["error_codes"]) == ("invalid_client", [7000215])
