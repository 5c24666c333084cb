"""The reading half of Graph v1.0 for SharePoint: addresses, and who may read what."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from devstack.graph.answers import GraphError, invalid, json_reply, not_found, selected
from devstack.graph.delta import Delta, DeltaQuery
from devstack.graph.downloads import Downloads
from devstack.graph.libraries import Libraries
from devstack.graph.people import People
from devstack.graph.records import Drive, Item, NotThere, Refused, Site
from devstack.graph.seal import Seal
from devstack.graph.shapes import Shapes
from devstack.graph.sign_in import SignIn
from devstack.graph.tree import Tree

# root · root/delta · items/{id}/content · root:/a/b.md · root:/a/b.md:/content
_ITEM_ADDRESS = re.compile(
    r"(?:root|items/(?P<id>[^/:]+))(?::/(?P<path>[^:]*)(?::(?P<path_tail>/.*)?)?|(?P<tail>/.*))?"
)
_DELTA = re.compile(r"/(?:microsoft\.graph\.)?delta(?:\((?:token='(?P<token>[^']*)')?\))?")
_CHILDREN_PAGE = 200


@dataclass(frozen=True, slots=True)
class Api:
    libraries: Libraries
    tree: Tree
    shapes: Shapes
    delta: Delta
    downloads: Downloads
    people: People
    sign_in: SignIn
    seal: Seal
    denied_sites: set[str] = field(default_factory=set)  # ids: sites without a grant

    async def answer(self, request: Request) -> Response:
        """Any request below /v1.0 but `$batch`."""
        if request.url.hostname == self.downloads.host:
            raise not_found()
        claims = await self.sign_in.claims(request)
        path = request.path_params["path"].strip("/")
        if request.method == "POST" and path.endswith("/getMemberObjects"):
            return json_reply(self.people.member_objects(path.split("/"), claims))
        if request.method != "GET":
            # Nexus' grant on a site is `read`.
            raise GraphError(403, "accessDenied", "Access denied: the application may only read.")
        try:
            match path.split("/", 1):
                case ["sites"]:
                    return self._sites(request)
                case ["sites", rest]:
                    return self._site(request, rest)
                case ["drives", rest]:
                    drive_id, _, tail = rest.partition("/")
                    return self._drive(request, self.libraries.drive(drive_id), tail)
                case ["me", *_] | ["users", *_]:
                    return json_reply(self.people.answer(path.split("/"), claims))
        except NotThere as error:
            raise not_found(str(error)) from error
        except Refused as error:
            raise invalid(str(error)) from error
        raise invalid(f"Resource not found for the segment '{path.partition('/')[0]}'.")

    # Sites

    def _sites(self, request: Request) -> Response:
        wanted = request.query_params.get("search", "").strip("*").lower()
        found = [
            site for site in self.libraries.sites() if wanted in site.title.lower() and site.id not in self.denied_sites
        ]
        return json_reply({"value": [self.shapes.site(site) for site in found]})

    def _site(self, request: Request, rest: str) -> Response:
        host, colon, below = rest.partition(":/")
        if colon and "/" not in host:
            self._check_host(host)
            path, _, tail = below.partition(":")
            site = self.libraries.site_by_path(f"/{path.strip('/')}" if path.strip("/") else "")
        else:
            identity, _, tail = rest.partition("/")
            site = self._site_by(identity)
        self._check_grant(site)
        match tail.strip("/").split("/", 1):
            case [""]:
                body = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#sites/$entity"}
                return json_reply(selected(body | self.shapes.site(site), request.query_params.get("$select")))
            case ["drives"]:
                drives = [self.shapes.drive(drive) for drive in self.libraries.all(site.id)]
                select = request.query_params.get("$select")
                return json_reply({"value": [selected(drive, select) for drive in drives]})
            case ["drive", *below_drive]:
                drives = self.libraries.all(site.id)
                if not drives:
                    raise not_found()
                default = next((drive for drive in drives if drive.name.lower() == "documents"), drives[0])
                return self._drive(request, default, "/".join(below_drive))
        raise invalid(f"Resource not found for the segment '{tail}'.")

    def _site_by(self, identity: str) -> Site:
        if identity == "root" or ("," not in identity and "." in identity):
            if identity != "root":
                self._check_host(identity)
            return self.libraries.site_by_path("")
        return self.libraries.site(identity)

    def _check_host(self, host: str) -> None:
        if host.lower() != self.libraries.host:
            raise invalid("Invalid hostname for this tenancy")

    def _check_grant(self, site: Site) -> None:
        if site.id in self.denied_sites:
            raise GraphError(403, "accessDenied", "Access denied")

    # Drives and items

    def _drive(self, request: Request, drive: Drive, tail: str) -> Response:
        self._check_grant(self.libraries.site(drive.site_id))
        if not tail:
            return json_reply(selected(self.shapes.drive(drive), request.query_params.get("$select")))
        address = _ITEM_ADDRESS.fullmatch(tail)
        if address is None:
            raise invalid(f"Resource not found for the segment '{tail}'.")
        item = self.tree.get(drive, address["id"] or "root")
        if address["path"]:
            below = "/".join(part for part in (self.tree.path_of(drive, item), address["path"]) if part)
            item = self.tree.at(drive, below)
        action = address["path_tail"] or address["tail"] or ""
        if (delta := _DELTA.fullmatch(action)) is not None:
            return self._delta(request, drive, item, delta["token"])
        match action:
            case "":
                return self._item(request, drive, item)
            case "/children":
                return self._children(request, drive, item)
            case "/content":
                return RedirectResponse(self._download_address(request, drive, item), status_code=302)
            case "/permissions":
                return json_reply({"value": self.people.permissions(drive, item)})
        raise invalid(f"Resource not found for the segment '{action}'.")

    def _item(self, request: Request, drive: Drive, item: Item) -> Response:
        address = self.downloads.address(request, drive, item) if item.kind == "file" else None
        body = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#driveItem"}
        body |= self.shapes.item(drive, item, address)
        if "eTag" in body and request.headers.get("if-none-match") == body["eTag"]:
            return Response(status_code=304)
        return json_reply(selected(body, request.query_params.get("$select")))

    def _download_address(self, request: Request, drive: Drive, item: Item) -> str:
        if item.kind != "file":
            raise invalid("You cannot get content for a folder, a package or a shortcut.")
        return self.downloads.address(request, drive, item)

    def _delta(self, request: Request, drive: Drive, item: Item, token: str | None) -> Response:
        if item.kind != "root":
            raise invalid("delta is only supported on the root of a drive.")
        base = f"{request.url.scheme}://{request.url.netloc}/v1.0"
        query = DeltaQuery(
            url=f"{base}/drives/{drive.id}/root/delta",
            token=token or request.query_params.get("token"),
            top=_top(request),
            select=request.query_params.get("$select"),
            exclude_parents="deltaexcludeparent" in request.headers,
        )
        return json_reply(self.delta.page(drive, query))

    def _children(self, request: Request, drive: Drive, item: Item) -> Response:
        size = _top(request) or _CHILDREN_PAGE
        skipped = 0
        if given := request.query_params.get("$skiptoken"):
            token = self.seal.open("children", given)
            if token is None or token["item"] != item.id:
                raise invalid("The skip token is not valid here.")
            skipped = token["skipped"]
        children = self.tree.children(drive, item.id)
        select = request.query_params.get("$select")
        body: dict[str, Any] = {
            "value": [selected(self.shapes.item(drive, child), select) for child in children[skipped : skipped + size]]
        }
        if len(children) > skipped + size:
            token = self.seal.close("children", {"item": item.id, "skipped": skipped + size})
            body["@odata.nextLink"] = str(request.url.include_query_params(**{"$skiptoken": token}))
        return json_reply(body)


def _top(request: Request) -> int | None:
    given = request.query_params.get("$top")
    if given is None:
        return None
    if not given.isdecimal() or int(given) < 1:
        raise invalid(f"Invalid value '{json.dumps(given)}' for $top.")
    return int(given)
