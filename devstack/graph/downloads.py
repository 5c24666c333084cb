"""Pre-authenticated download addresses on SharePoint's own host, and the file behind them."""

import time
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from devstack.graph.answers import GraphError, not_found
from devstack.graph.blobs import Blobs
from devstack.graph.libraries import Libraries
from devstack.graph.records import Drive, Item, NotThere
from devstack.graph.seal import Seal
from devstack.graph.tree import Tree

# The driveItem resource says an hour, the content page "a few minutes".
DEFAULT_LIFETIME_S = 3600
BEARER_REFUSED = "bearerTokenSentToDownloadHost"


@dataclass(slots=True)
class Downloads:
    """`host` is a second name of this server, as SharePoint is another host than Graph."""

    libraries: Libraries
    tree: Tree
    blobs: Blobs
    seal: Seal
    host: str
    lifetime_s: float = DEFAULT_LIFETIME_S

    def address(self, request: Request, drive: Drive, item: Item) -> str:
        """A bearer secret: whoever has it, reads the file, until it expires."""
        expires = time.time() + self.lifetime_s
        tempauth = self.seal.close("download", {"drive": drive.id, "item": item.id, "expires": expires})
        site = quote(self.libraries.site(drive.site_id).path)
        port = f":{request.url.port}" if request.url.port else ""
        return (
            f"{request.url.scheme}://{self.host}{port}{site}/_layouts/15/download.aspx"
            f"?UniqueId={item.guid}&Translate=false&tempauth={tempauth}&ApiVersion=2.0"
        )

    def serve(self, request: Request) -> Response:
        """The bytes, or a part of them (`Range`). A token on this host is refused: it must never travel here."""
        if request.url.hostname != self.host:
            raise not_found()
        if "authorization" in request.headers:
            raise GraphError(401, BEARER_REFUSED, "An Authorization header was sent to the download host.")
        grant = self.seal.open("download", request.query_params.get("tempauth", ""))
        if grant is None or grant["expires"] <= time.time():
            raise GraphError(401, "unauthenticated", "The download address is not valid or has expired.")
        try:
            item = self.tree.get(self.libraries.drive(grant["drive"]), grant["item"])
        except NotThere as error:
            raise not_found() from error
        if item.blob is None:
            raise not_found()
        return FileResponse(
            self.blobs.path(item.blob),
            filename=item.name,
            media_type="application/octet-stream",
            # SharePoint's own: the hash-like ETag that FileResponse would make up is none of its shapes.
            headers={"etag": f'"{{{item.guid.upper()}}},{item.version}"'},
        )
