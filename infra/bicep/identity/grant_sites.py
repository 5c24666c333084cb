"""Gives Nexus' identity the right to read SharePoint sites, one by one, or takes it away: for the administrator.

    python grant_sites.py --tenant <id> --app <NEXUS_APP_CLIENT_ID> https://corp.sharepoint.com/sites/hr …
    python grant_sites.py --tenant <id> --app <NEXUS_APP_CLIENT_ID> --revoke https://corp.sharepoint.com/sites/hr

Sign-in is by device code as yourself, with the permission Sites.FullControl.All (a SharePoint or global
administrator's), for as long as this runs. Nothing but Python is needed. Exit code 0 when all sites are as asked, 1
when one is not.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any, cast
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

# Microsoft Graph Command Line Tools: Microsoft's own public client, present in every tenant.
CLIENT_ID = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
SCOPE = "https://graph.microsoft.com/Sites.FullControl.All"
TIMEOUT_S = 30.0


class Refused(Exception):
    """What Entra or Graph said no to, in a sentence."""


@dataclass(frozen=True, slots=True)
class Http:
    token: str | None = None

    def ask(self, method: str, url: str, *, form: dict[str, str] | None = None, body: object = None) -> dict[str, Any]:
        data = urlencode(form).encode() if form is not None else None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            with urlopen(Request(url, data, headers, method=method), timeout=TIMEOUT_S) as reply:
                text = cast("HTTPResponse", reply).read()
        except HTTPError as error:
            raise Refused(_said(error)) from error
        return json.loads(text) if text else {}


def _said(error: HTTPError) -> str:
    try:
        told: Any = json.loads(error.read())
    except ValueError:
        return f"HTTP {error.code}"
    if isinstance(told.get("error"), dict):
        return f"HTTP {error.code} {told['error'].get('code')}: {told['error'].get('message')}"
    return str(told.get("error", f"HTTP {error.code}"))


def sign_in(authority: str, tenant: str, say: Callable[[str], None], wait: Callable[[float], None] = time.sleep) -> str:
    """An access token by device code. Raises Refused."""
    http, base = Http(), f"{authority}/{tenant}/oauth2/v2.0"
    begun = http.ask("POST", f"{base}/devicecode", form={"client_id": CLIENT_ID, "scope": SCOPE})
    say(begun["message"])
    pause, until = float(begun["interval"]), time.monotonic() + float(begun["expires_in"])
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": CLIENT_ID,
        "device_code": begun["device_code"],
    }
    while time.monotonic() < until:
        wait(pause)
        try:
            return http.ask("POST", f"{base}/token", form=form)["access_token"]
        except Refused as refused:
            if str(refused) == "slow_down":
                pause += 5
            elif str(refused) != "authorization_pending":
                raise
    raise Refused("nobody signed in in time")


@dataclass(frozen=True, slots=True)
class Sites:
    http: Http
    graph: str
    app: str

    def grant(self, address: str) -> str:
        site = self._id(address)
        if any("read" in roles for _, roles in self._ours(site)):
            return "may be read already"
        identity = {"application": {"id": self.app, "displayName": "Nexus"}}
        body = {"roles": ["read"], "grantedToIdentities": [identity]}
        self.http.ask("POST", f"{self.graph}/sites/{site}/permissions", body=body)
        return "may be read now"

    def revoke(self, address: str) -> str:
        site = self._id(address)
        held = [identity for identity, _ in self._ours(site)]
        for identity in held:
            self.http.ask("DELETE", f"{self.graph}/sites/{site}/permissions/{quote(identity, safe='')}")
        return "may not be read any more" if held else "could not be read anyway"

    def _id(self, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.hostname:
            raise Refused("not the address of a site: https://<tenant>.sharepoint.com/sites/<name>")
        path = quote(parts.path.rstrip("/"))
        found = self.http.ask("GET", f"{self.graph}/sites/{parts.hostname}{f':{path}' if path else ''}?$select=id")
        return quote(found["id"], safe=",")

    def _ours(self, site: str) -> Iterator[tuple[str, list[str]]]:
        """(id, roles) of each permission of the site that is Nexus'."""
        link: str | None = f"{self.graph}/sites/{site}/permissions"
        while link:
            page = self.http.ask("GET", link)
            for permission in page["value"]:
                holders = [
                    *permission.get("grantedToIdentities", []),
                    *permission.get("grantedToIdentitiesV2", []),
                ]
                if any(holder.get("application", {}).get("id") == self.app for holder in holders):
                    # Graph leaves the roles out of lists; they are in the permission itself
                    whole = self.http.ask(
                        "GET", f"{self.graph}/sites/{site}/permissions/{quote(permission['id'], safe='')}"
                    )
                    yield permission["id"], whole.get("roles", [])
            link = page.get("@odata.nextLink")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--app", required=True, help="client id of the function app's identity")
    parser.add_argument("--revoke", action="store_true")
    parser.add_argument("--authority", default="https://login.microsoftonline.com")
    parser.add_argument("--graph", default="https://graph.microsoft.com/v1.0")
    parser.add_argument("sites", nargs="+", metavar="address")
    asked = parser.parse_args(arguments)
    try:
        token = sign_in(asked.authority, asked.tenant, print)
    except Refused as refused:
        print(f"Not signed in: {refused}", file=sys.stderr)
        return 1
    sites, failed = Sites(Http(token), asked.graph, asked.app), False
    for address in asked.sites:
        try:
            print(f"{address} {sites.revoke(address) if asked.revoke else sites.grant(address)}")
        except Refused as refused:
            failed = True
            print(f"{address}: {refused}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
