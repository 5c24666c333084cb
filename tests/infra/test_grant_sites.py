"""The administrator's script: it signs in by device code, and gives and takes the right to read single sites."""

import importlib.util
import json
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.infra.azure_api import served
from tests.infra.templates import BICEP

SITE = "corp.sharepoint.com,11,22"


def script() -> ModuleType:
    """It is a file of its own, run by people who have no checkout."""
    found = importlib.util.spec_from_file_location("grant_sites", BICEP / "identity/grant_sites.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    import sys

    sys.modules["grant_sites"] = module
    found.loader.exec_module(module)
    return module


@dataclass
class Microsoft:
    """Entra's device code and Graph's site permissions."""

    pending: int = 1
    declined: bool = False
    permissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(
        self, method: str, path: str, query: dict[str, str], body: str, authorization: str | None
    ) -> tuple[int, Any]:
        if path == "/tenant/oauth2/v2.0/devicecode":
            assert "Sites.FullControl.All" in parse_qs(body)["scope"][0]
            return 200, {"device_code": "d", "message": "enter the code ABC", "interval": 0, "expires_in": 60}
        if path == "/tenant/oauth2/v2.0/token":
            assert parse_qs(body)["device_code"] == ["d"]
            if self.declined:
                return 400, {"error": "authorization_declined"}
            self.pending -= 1
            return (400, {"error": "authorization_pending"}) if self.pending >= 0 else (200, {"access_token": "t"})
        if authorization != "Bearer t":
            return 401, {"error": {"code": "InvalidAuthenticationToken", "message": "no"}}
        self.asked.append((method, path))
        if path == "/sites/corp.sharepoint.com:/sites/hr":
            return 200, {"id": SITE}
        if path == f"/sites/{SITE}/permissions":
            if method == "POST":
                asked = json.loads(body)
                assert asked["roles"] == ["read"]
                identity = f"p{len(self.permissions)}"
                self.permissions[identity] = asked
                return 201, {"id": identity}
            # as Graph does: roles are left out of lists
            listed = [
                {"id": key, "grantedToIdentities": each["grantedToIdentities"]}
                for key, each in self.permissions.items()
            ]
            return 200, {"value": listed}
        if path.startswith(f"/sites/{SITE}/permissions/"):
            identity = path.rpartition("/")[2]
            if method == "DELETE":
                del self.permissions[identity]
                return 204, None
            return 200, {"id": identity, "roles": self.permissions[identity]["roles"]}
        return 404, {"error": {"code": "itemNotFound", "message": "no such site"}}


def run(microsoft: Microsoft, *arguments: str) -> int:
    with served(microsoft.answer) as address:
        return script().main(
            ["--tenant", "tenant", "--app", "nexus", "--authority", address, "--graph", address, *arguments]
        )


HR = "https://corp.sharepoint.com/sites/hr"


def test_a_site_is_granted_once_and_taken_away_again(capsys: pytest.CaptureFixture[str]) -> None:
    microsoft = Microsoft()
    assert run(microsoft, HR) == 0
    assert [each["grantedToIdentities"][0]["application"]["id"] for each in microsoft.permissions.values()] == ["nexus"]
    assert run(microsoft, HR) == 0
    assert len(microsoft.permissions) == 1
    told = capsys.readouterr().out
    assert "enter the code ABC" in told
    assert f"{HR} may be read now" in told
    assert f"{HR} may be read already" in told
    assert run(microsoft, "--revoke", HR) == 0
    assert microsoft.permissions == {}
    assert run(microsoft, "--revoke", HR) == 0
    assert "could not be read anyway" in capsys.readouterr().out


def test_other_apps_permissions_are_left_alone() -> None:
    other = {"roles": ["write"], "grantedToIdentities": [{"application": {"id": "other"}}]}
    microsoft = Microsoft(permissions={"theirs": other})
    assert run(microsoft, HR) == 0
    assert run(microsoft, "--revoke", HR) == 0
    assert microsoft.permissions == {"theirs": other}


def test_a_site_that_is_not_there_is_told_and_the_others_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    microsoft = Microsoft()
    assert run(microsoft, "https://corp.sharepoint.com/sites/gone", "corp.sharepoint.com/sites/hr", HR) == 1
    told = capsys.readouterr().err
    assert "https://corp.sharepoint.com/sites/gone: HTTP 404 itemNotFound: no such site" in told
    assert "corp.sharepoint.com/sites/hr: not the address of a site" in told
    assert len(microsoft.permissions) == 1


def test_nothing_is_asked_of_graph_when_nobody_signs_in(capsys: pytest.CaptureFixture[str]) -> None:
    microsoft = Microsoft(declined=True)
    assert run(microsoft, HR) == 1
    assert "Not signed in: authorization_declined" in capsys.readouterr().err
    assert microsoft.asked == []
