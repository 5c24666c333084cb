"""Authorization endpoint, code redemption and refresh, as a client library meets them."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from devstack.entra.grants import CODE_LIFE_S
from tests.devstack.entra.conftest import CHALLENGE, CLIENT_ID, REDIRECT, TENANT, VERIFIER, Directory


def _verified(directory: Directory, token: str, audience: str = CLIENT_ID) -> dict[str, object]:
    keys = jwt.PyJWKSet.from_dict(directory.client.get(f"/{TENANT}/discovery/v2.0/keys").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], audience=audience)


def _refused(reply: httpx.Response, number: int, error: str) -> None:
    body = reply.json()
    assert reply.status_code in (400, 401)
    assert (body["error"], body["error_codes"]) == (error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert body["correlation_id"] in body["error_description"]
    assert body["trace_id"] in body["error_description"]


def test_discovery_names_the_endpoints_and_the_issuer_of_the_tenant(directory: Directory) -> None:
    base = str(directory.client.base_url).rstrip("/")
    config = directory.client.get(f"/{TENANT}/v2.0/.well-known/openid-configuration").json()

    assert config["issuer"] == f"{base}/{TENANT}/v2.0"
    assert config["token_endpoint"] == f"{base}/{TENANT}/oauth2/v2.0/token"
    for name in ("common", "organizations"):
        shared = directory.client.get(f"/{name}/v2.0/.well-known/openid-configuration").json()
        assert shared["issuer"] == f"{base}/{{tenantid}}/v2.0"
        assert directory.client.get(shared["jwks_uri"]).json()["keys"]
    _refused(directory.client.get("/elsewhere/v2.0/.well-known/openid-configuration"), 90002, "invalid_request")


def test_a_code_with_its_verifier_becomes_an_id_token_with_entras_claims(directory: Directory) -> None:
    back = directory.redirected()
    reply = directory.redeem(back["code"]).json()
    claims = _verified(directory, reply["id_token"])

    assert back["state"] == "the-state"
    assert claims["ver"] == "2.0"
    assert claims["iss"] == f"{str(directory.client.base_url).rstrip('/')}/{TENANT}/v2.0"
    assert (claims["aud"], claims["tid"], claims["nonce"]) == (CLIENT_ID, TENANT, "the-nonce")
    assert (claims["name"], claims["email"]) == ("Alice Weber", "alice@northwind.example")
    assert claims["preferred_username"] == claims["email"]
    assert claims["oid"] != claims["sub"]
    assert (claims["roles"], claims["groups"]) == (["reader"], ["g1", "g2"])
    assert claims["exp"] > claims["iat"]
    assert reply["token_type"] == "Bearer"
    assert reply["refresh_token"]


def test_access_tokens_of_people_are_for_graph_and_no_id_token_in_disguise(directory: Directory) -> None:
    claims = _verified(directory, directory.signed_in()["access_token"], "https://graph.microsoft.com")
    assert (claims["idtyp"], claims["scp"]) == ("user", "openid profile email")


def test_roles_and_groups_are_absent_for_a_person_without_them(directory: Directory) -> None:
    claims = _verified(directory, directory.signed_in("bob")["id_token"])
    assert not {"roles", "groups", "_claim_names"} & claims.keys()


def test_too_many_groups_become_a_pointer_to_graph(directory: Directory) -> None:
    crowd = _verified(directory, directory.signed_in("crowd")["id_token"])
    assert "groups" not in crowd
    assert crowd["_claim_names"] == {"groups": "src1"}
    assert str(crowd["oid"]) in crowd["_claim_sources"]["src1"]["endpoint"]  # type: ignore[index]

    directory.script(overage=["alice"])
    assert "groups" not in _verified(directory, directory.signed_in()["id_token"])
    directory.script(no_overage="alice")
    assert _verified(directory, directory.signed_in()["id_token"])["groups"] == ["g1", "g2"]


def test_a_code_is_good_once(directory: Directory) -> None:
    code = directory.redirected()["code"]
    assert directory.redeem(code).status_code == 200
    _refused(directory.redeem(code), 54005, "invalid_grant")


def test_a_code_is_good_for_sixty_seconds(directory: Directory) -> None:
    code = directory.redirected()["code"]
    directory.clock.ahead = CODE_LIFE_S + 1
    _refused(directory.redeem(code), 70008, "invalid_grant")


@pytest.mark.parametrize(
    ("changed", "number", "error"),
    [
        ({"code_verifier": "w" * 64}, 501481, "invalid_grant"),
        ({"code_verifier": None}, 900144, "invalid_request"),
        ({"code_verifier": CHALLENGE}, 501481, "invalid_grant"),
        ({"redirect_uri": "http://localhost:4280/other"}, 500112, "invalid_grant"),
        ({"code": "invented"}, 70000, "invalid_grant"),
        ({"code": None}, 900144, "invalid_request"),
        ({"client_secret": "wrong"}, 7000215, "invalid_client"),
        ({"client_secret": None}, 7000218, "invalid_client"),
        ({"client_id": "somebody-else"}, 700016, "unauthorized_client"),
        ({"grant_type": "password"}, 70003, "unsupported_grant_type"),
        ({"grant_type": None}, 900144, "invalid_request"),
    ],
)
def test_a_redemption_with_one_thing_wrong_is_refused_as_entra_does(
    directory: Directory, changed: dict[str, str | None], number: int, error: str
) -> None:
    code = directory.redirected()["code"]
    _refused(directory.redeem(code, **changed), number, error)


def test_a_wrong_verifier_spends_the_code(directory: Directory) -> None:
    code = directory.redirected()["code"]
    directory.redeem(code, code_verifier="w" * 64)
    _refused(directory.redeem(code), 54005, "invalid_grant")


def test_a_single_page_app_redeems_without_a_secret_but_not_without_pkce(directory: Directory) -> None:
    browser = {"Origin": "http://localhost:4280"}
    good = directory.redeem(directory.redirected()["code"], browser, client_secret=None)
    bare = directory.redirected(code_challenge=None, code_challenge_method=None)["code"]
    without = directory.redeem(bare, browser, client_secret=None, code_verifier=None)
    proving = directory.redeem(directory.redirected()["code"], browser)

    assert good.status_code == 200
    assert good.headers["access-control-allow-origin"] == "*"
    _refused(without, 9002325, "invalid_request")
    _refused(proving, 9002327, "invalid_request")


def test_a_verifier_for_a_request_that_had_no_challenge_is_refused(directory: Directory) -> None:
    code = directory.redirected(code_challenge=None, code_challenge_method=None)["code"]
    _refused(directory.redeem(code, code_verifier=VERIFIER), 501481, "invalid_grant")


def test_refresh_tokens_rotate_and_the_old_one_is_dead(directory: Directory) -> None:
    first = directory.signed_in()["refresh_token"]
    reply = directory.token(grant_type="refresh_token", refresh_token=first).json()

    assert reply["refresh_token"] != first
    assert "nonce" not in _verified(directory, reply["id_token"])
    _refused(directory.token(grant_type="refresh_token", refresh_token=first), 70000, "invalid_grant")
    again = directory.token(grant_type="refresh_token", refresh_token=reply["refresh_token"])
    assert again.status_code == 200


def test_without_offline_access_there_is_no_refresh_token(directory: Directory) -> None:
    code = directory.redirected(scope="openid profile")["code"]
    assert "refresh_token" not in directory.redeem(code).json()


def test_a_person_who_is_not_assigned_is_sent_back_with_an_error(directory: Directory) -> None:
    back = directory.redirected(login_hint="mallory")
    assert (back["error"], back["state"]) == ("access_denied", "the-state")
    assert back["error_description"].startswith("AADSTS50105: ")
    assert "code" not in back


def test_a_disabled_person_can_neither_sign_in_nor_redeem_nor_refresh(directory: Directory) -> None:
    code = directory.redirected()["code"]
    refresh = directory.signed_in()["refresh_token"]
    directory.script(disable="alice")

    assert directory.redirected()["error_description"].startswith("AADSTS50057: ")
    _refused(directory.redeem(code), 50057, "invalid_grant")
    _refused(directory.token(grant_type="refresh_token", refresh_token=refresh), 50057, "invalid_grant")
    directory.script(enable="alice")
    assert directory.signed_in()["id_token"]


def test_without_a_hint_a_page_offers_every_account_and_the_choice_goes_through(directory: Directory) -> None:
    page = directory.authorize(login_hint=None, state='a"<b>')
    assert page.status_code == 200
    assert re.findall(r'name="account" value="(\w+)"', page.text) == ["alice", "bob", "crowd", "mallory"]
    assert "<b>" not in page.text

    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    hidden["state"] = 'a"<b>'
    path = f"/{TENANT}/oauth2/v2.0/authorize"
    reply = directory.client.post(path, data=hidden | {"account": "bob"})

    back = {key: values[0] for key, values in parse_qs(urlsplit(reply.headers["location"]).query).items()}
    assert back["state"] == 'a"<b>'
    assert _verified(directory, directory.redeem(back["code"]).json()["id_token"])["name"] == "Bob"


def test_an_unknown_hint_asks_and_says_why(directory: Directory) -> None:
    page = directory.authorize(login_hint="nobody@northwind.example")
    assert page.status_code == 200
    assert "nobody@northwind.example is no account" in page.text


def test_silent_sign_in_needs_a_session_which_logout_ends(directory: Directory) -> None:
    assert directory.redirected(prompt="none", login_hint=None)["error"] == "login_required"
    assert "code" in directory.redirected(prompt="none", login_hint="alice")
    assert "code" in directory.redirected(prompt="none", login_hint=None)
    assert directory.authorize(prompt="select_account", login_hint=None).status_code == 200

    out = directory.client.get(
        f"/{TENANT}/oauth2/v2.0/logout", params={"post_logout_redirect_uri": REDIRECT, "state": "s"}
    )
    assert (out.status_code, out.headers["location"]) == (302, f"{REDIRECT}?state=s")
    assert directory.redirected(prompt="none", login_hint=None)["error"] == "login_required"


def test_logout_redirects_to_no_foreign_address(directory: Directory) -> None:
    out = directory.client.get(
        f"/{TENANT}/oauth2/v2.0/logout", params={"post_logout_redirect_uri": "https://evil.example"}
    )
    assert out.status_code == 200


def test_fragment_and_form_post_carry_the_same_fields(directory: Directory) -> None:
    fragment = urlsplit(directory.authorize(response_mode="fragment").headers["location"])
    assert (fragment.query, parse_qs(fragment.fragment)["state"]) == ("", ["the-state"])
    page = directory.authorize(response_mode="form_post").text
    assert f'action="{REDIRECT}"' in page
    assert 'name="code"' in page


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"client_id": "somebody-else"}, 700016),
        ({"redirect_uri": "https://evil.example/callback"}, 50011),
        ({"redirect_uri": None}, 900144),
    ],
)
def test_errors_about_client_and_redirect_uri_are_shown_and_never_redirected(
    directory: Directory, changed: dict[str, str | None], number: int
) -> None:
    reply = directory.authorize(**changed)
    assert reply.status_code == 400
    assert f"AADSTS{number}" in reply.text


@pytest.mark.parametrize(
    "changed",
    [
        {"response_type": "token"},
        {"scope": "profile"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"response_mode": "web_message"},
    ],
)
def test_other_errors_go_back_to_the_client_with_its_state(
    directory: Directory, changed: dict[str, str | None]
) -> None:
    back = directory.redirected(**changed)
    assert back["error"] in ("unsupported_response_type", "invalid_request")
    assert back["state"] == "the-state"


def test_the_correlation_id_of_the_request_comes_back(directory: Directory) -> None:
    headers = {"client-request-id": "11111111-2222-3333-4444-555555555555"}
    body = directory.redeem("invented", headers).json()
    assert body["correlation_id"] == headers["client-request-id"]
