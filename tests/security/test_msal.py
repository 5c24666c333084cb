"""Microsoft's own client library begins the sign-in, Nexus ends it: the same code path as for its own page."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import msal
import pytest
import requests
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from tests.security.in_process import CLIENT_ID, REDIRECT_URI, TENANT, Api, in_process

SECRET = "a-secret-of-the-test"


@dataclass(frozen=True)
class Entra:
    """Served over TLS, as msal demands, with a certificate of its own."""

    url: str
    certificate: Path

    @property
    def trusted(self) -> dict[str, str]:
        """The environment in which Nexus believes the certificate."""
        return {
            "NEXUS_ENTRA_AUTHORITY": self.url,
            "SSL_CERT_FILE": str(self.certificate),
            "NO_PROXY": "localhost",
            "no_proxy": "localhost",
        }


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """Certificate and key for localhost, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate, private = folder / "localhost.pem", folder / "localhost.key"
    certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


@pytest.fixture
def entra(tmp_path: Path) -> Iterator[Entra]:
    certificate, private = write_certificate(tmp_path)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        url = f"https://localhost:{listening.getsockname()[1]}"
        stand_in = EntraStandIn(
            tmp_path / "entra",
            client=Client(CLIENT_ID, TENANT, secret=SECRET),
            accounts=Accounts.load(None, TENANT),
            base_url=url,
        )
        server = uvicorn.Server(
            uvicorn.Config(
                stand_in.app,
                log_level="warning",
                ssl_certfile=certificate,
                ssl_keyfile=private,
                ws="none",
                timeout_graceful_shutdown=1,
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield Entra(url, certificate)
        server.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive()


@pytest.fixture
def application(entra: Entra) -> Iterator[msal.ConfidentialClientApplication]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(entra.certificate)
        yield msal.ConfidentialClientApplication(
            CLIENT_ID,
            authority=f"{entra.url}/{TENANT}",
            client_credential=SECRET,
            http_client=session,
            # what msal knows by itself are Microsoft's hosts only
            instance_discovery=False,
        )


type Flow = tuple[dict[str, Any], dict[str, str], str]


async def answered(entra: Entra, user: str, application: msal.ConfidentialClientApplication) -> Flow:
    """msal's flow, the fields that came back to the redirect URI, and the nonce that Entra was told."""
    flow = application.initiate_auth_code_flow(
        [], redirect_uri=REDIRECT_URI, login_hint=user, response_mode="form_post"
    )
    asked = urlsplit(flow["auth_uri"])
    trusted = ssl.create_default_context(cafile=entra.certificate)
    async with httpx.AsyncClient(timeout=20, verify=trusted, trust_env=False) as browser:
        page = (await browser.get(flow["auth_uri"])).text
    back = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    return flow, back, parse_qs(asked.query)["nonce"][0]


async def login(api: Api, code: str, flow: dict[str, Any], nonce: str) -> httpx.Response:
    body = {
        "code": code,
        "code_verifier": flow["code_verifier"],
        "redirect_uri": flow["redirect_uri"],
        "nonce": nonce,
        "token_transport": "body",
    }
    return await api.http.post("/api/auth/login", json=body)


async def test_a_code_of_msals_flow_is_redeemed_by_nexus(
    database: Database, redis_server: Redis, entra: Entra, application: msal.ConfidentialClientApplication
) -> None:
    async with in_process(database, redis_server, **entra.trusted) as api:
        flow, back, nonce = await answered(entra, "alice", application)
        assert back["state"] == flow["state"]
        reply = await login(api, back["code"], flow, nonce)
        assert reply.status_code == 200, reply.text
        session = reply.json()
        me = await api.http.get("/api/auth/me", headers={"Authorization": f"Bearer {session['access_token']}"})
        assert me.json()["email"] == "alice@northwind.example"

        # whom msal signs in by itself is the same person to Nexus: same issuer, tenant, object id
        flow, back, _ = await answered(entra, "alice", application)
        result = application.acquire_token_by_auth_code_flow(flow, back)
        assert "error" not in result, result
        claims = result["id_token_claims"]
        assert claims["iss"] == f"{entra.url}/{TENANT}/v2.0"
        async with api.runtime.db.connection() as connection:
            assert await connection.fetchval("SELECT entra_id FROM users") == f"{TENANT}:{claims['oid']}"


async def test_a_code_that_msal_redeemed_is_worth_nothing_to_nexus_and_so_is_its_id_token(
    database: Database, redis_server: Redis, entra: Entra, application: msal.ConfidentialClientApplication
) -> None:
    async with in_process(database, redis_server, **entra.trusted) as api:
        flow, back, nonce = await answered(entra, "alice", application)
        result = application.acquire_token_by_auth_code_flow(dict(flow), back)
        assert (await login(api, back["code"], flow, nonce)).status_code == 401
        assert jwt.decode(result["id_token"], options={"verify_signature": False})["aud"] == CLIENT_ID
        for token in (result["id_token"], result["access_token"]):
            reply = await api.http.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
            assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")


async def test_a_code_is_bound_to_the_flow_that_asked_for_it(
    database: Database, redis_server: Redis, entra: Entra, application: msal.ConfidentialClientApplication
) -> None:
    async with in_process(database, redis_server, **entra.trusted) as api:
        flow, _, nonce = await answered(entra, "alice", application)
        _, stolen, _ = await answered(entra, "bob", application)
        assert (await login(api, stolen["code"], flow, nonce)).status_code == 401
