"""Client credentials: by secret, by signed assertion; and what a fault or a script does to the stand-in."""

import base64
import datetime
import time
from pathlib import Path
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import JWT_BEARER, Client
from devstack.entra.keys import SigningKeys
from devstack.serving import ServerThread
from tests.devstack.entra.conftest import CLIENT_ID, TENANT, Directory

GRAPH_SCOPE = "https://graph.microsoft.com/.default"


def certificate() -> tuple[rsa.RSAPrivateKey, str]:
    """A private key and the PEM of a self-signed certificate for it."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nexus-test")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    signed = builder.not_valid_after(now + datetime.timedelta(days=1)).sign(private, hashes.SHA256())
    return private, signed.public_bytes(serialization.Encoding.PEM).decode()


def test_an_application_gets_a_token_for_the_resource_it_names(directory: Directory) -> None:
    reply = directory.token(grant_type="client_credentials", scope=GRAPH_SCOPE).json()
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})

    assert (claims["aud"], claims["idtyp"], claims["appid"]) == ("https://graph.microsoft.com", "app", CLIENT_ID)
    assert claims["tid"] == TENANT
    assert "refresh_token" not in reply
    assert "id_token" not in reply


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"client_secret": "wrong"}, 7000215),
        ({"client_secret": None}, 7000218),
        ({"scope": "User.Read"}, 1002012),
        ({"scope": None}, 900144),
    ],
)
def test_an_application_with_one_thing_wrong_is_refused(
    directory: Directory, changed: dict[str, str | None], number: int
) -> None:
    fields: dict[str, str | None] = {"grant_type": "client_credentials", "scope": GRAPH_SCOPE}
    assert directory.token(**(fields | changed)).json()["error_codes"] == [number]


def test_a_client_assertion_is_verified_against_the_registered_certificate(tmp_path: Path) -> None:
    private, pem = certificate()
    foreign, _ = certificate()
    client = Client(CLIENT_ID, TENANT, certificate_pem=pem)
    stand_in = EntraStandIn(tmp_path, client=client, accounts=Accounts.parse([], TENANT))
    with ServerThread(stand_in.app) as server:
        endpoint = f"{server.url}/{TENANT}/oauth2/v2.0/token"

        def ask(key: rsa.RSAPrivateKey, **changed: object) -> httpx.Response:
            claims = {
                "iss": CLIENT_ID,
                "sub": CLIENT_ID,
                "aud": endpoint,
                "exp": int(time.time()) + 300,
                "jti": str(uuid4()),
            }
            form = {
                "grant_type": "client_credentials",
                "client_id": CLIENT_ID,
                "scope": GRAPH_SCOPE,
                "client_assertion_type": JWT_BEARER,
                "client_assertion": jwt.encode(claims | changed, key, algorithm="RS256"),
            }
            return httpx.post(endpoint, data=form)

        assert ask(private).json()["access_token"]
        for refused in (
            ask(foreign),
            ask(private, aud="https://elsewhere.example"),
            ask(private, exp=int(time.time()) - 10),
            ask(private, iss="somebody-else"),
        ):
            assert (refused.status_code, refused.json()["error_codes"]) == (401, [700027])
        assert ask(private, sub="somebody-else").json()["error_codes"] == [700021]


def test_keys_outlive_a_restart_and_are_private_to_their_owner(tmp_path: Path) -> None:
    first = SigningKeys(tmp_path)
    first.rotate()
    again = SigningKeys(tmp_path)

    assert [key.kid for key in again.published] == [key.kid for key in first.published]
    assert len(again.published) == 2
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_rotation_signs_with_a_new_key_and_still_publishes_the_old_until_it_is_dropped(directory: Directory) -> None:
    before = jwt.get_unverified_header(directory.signed_in()["id_token"])["kid"]
    kids = directory.script(rotate_keys=True)["keys"]
    after = jwt.get_unverified_header(directory.signed_in()["id_token"])["kid"]

    assert after != before
    assert kids[:2] == [after, before]
    assert directory.script(drop_old_keys=True)["keys"] == [after]


def test_claims_and_headers_of_the_next_id_token_only_can_be_twisted(directory: Directory) -> None:
    directory.script(claims={"aud": 5, "email": None}, header={"jku": "http://127.0.0.1:1/"})
    twisted = directory.signed_in()["id_token"]
    honest = directory.signed_in()["id_token"]

    claims = jwt.decode(twisted, options={"verify_signature": False})
    assert claims["aud"] == 5
    assert "email" not in claims
    assert jwt.get_unverified_header(twisted)["jku"] == "http://127.0.0.1:1/"
    assert "jku" not in jwt.get_unverified_header(honest)
    assert jwt.decode(honest, options={"verify_signature": False})["aud"] == CLIENT_ID


def test_forged_signatures_are_what_they_claim_to_be(directory: Directory, stand_in: EntraStandIn) -> None:
    directory.script(header={"alg": "none"})
    assert directory.signed_in()["id_token"].endswith(".")

    directory.script(header={"alg": "HS256"})
    confused = directory.signed_in()["id_token"]
    signed, _, signature = confused.rpartition(".")
    secret = stand_in.keys.current.public_pem().encode()
    expected = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signed.encode(), secret)
    assert signature == base64.urlsafe_b64encode(expected).rstrip(b"=").decode()

    directory.script(foreign_key=True)
    kid = jwt.get_unverified_header(directory.signed_in()["id_token"])["kid"]
    assert kid not in [key.kid for key in stand_in.keys.published]
    directory.script(id_token="no.token.atall")
    assert directory.signed_in()["id_token"] == "no.token.atall"


@pytest.mark.parametrize("script", [{"disabel": "alice"}, {"disable": "nobody"}, {"claims": []}])
def test_a_script_that_cannot_be_meant_is_refused(directory: Directory, script: dict[str, object]) -> None:
    assert directory.client.post("/_control/script", json=script).status_code == 400


def test_faults_apply_and_token_requests_are_listed(directory: Directory) -> None:
    directory.client.post(
        "/_control/faults", json=[{"match": {"path": "/token$"}, "then": {"status": 503}, "times": 1}]
    )
    assert directory.token(grant_type="client_credentials", scope=GRAPH_SCOPE).status_code == 503
    assert directory.token(grant_type="client_credentials", scope=GRAPH_SCOPE).status_code == 200
    asked = directory.client.get("/_control/requests").json()["requests"]
    assert [request["status"] for request in asked] == [503, 200]
    assert "grant_type=client_credentials" in asked[1]["body"]
