"""SharePoint through Microsoft Graph: the port `Graph` over msgraph-sdk's request adapter."""

from pathlib import Path
from urllib.parse import quote

from shared.adapters.graph_access import AppTokens
from shared.adapters.graph_addresses import LibraryUrl, parse_library_url, site_url
from shared.adapters.graph_download import AddressRefused, Downloads
from shared.adapters.graph_requests import GraphRequests, Refused
from shared.adapters.graph_wire import (
    ITEM_FIELDS,
    WireDrive,
    WireDrives,
    WireItem,
    WirePage,
    WireSite,
    decoded,
    drive_item,
)
from shared.domain.documents import DeltaPage, Downloaded, DriveItem, LibraryAddress
from shared.domain.library_checks import Application, no_grant
from shared.errors import (
    DeltaExpired,
    DownloadFailed,
    GraphDenied,
    GraphTokenRefused,
    Invalid,
    NotFound,
    RemoteItemGone,
    SiteNotFound,
    Unavailable,
)
from shared.setting_groups import GraphSettings

# A sync step fans out at most 100 activities, so that a larger page would only be held longer.
PAGE_ITEMS = 100
_MOST_DRIVE_PAGES = 20
_KINDS = {
    "resyncChangesApplyDifferences": "apply_differences",
    "resyncChangesUploadDifferences": "upload_differences",
}


class MsGraph:
    def __init__(self, settings: GraphSettings, tokens: AppTokens) -> None:
        self._requests = GraphRequests(settings.base_url, settings.scope, tokens)
        self._downloads = Downloads(settings.download_hosts)

    async def resolve_library(self, library_url: str) -> LibraryAddress:
        """Raises NotFound("library"), Invalid for an address that cannot be a library's; and as the port says."""
        wanted = parse_library_url(library_url)
        for number, site_path in enumerate(wanted.site_paths()):
            site_id = await self._site_id(wanted.host, site_path)
            if site_id is None:
                if number == 0:
                    raise SiteNotFound(site_url(wanted.host, site_path))
                break
            found = await self._library_of(site_id, wanted)
            if found is not None:
                return LibraryAddress(site_id, found.id, found.name, found.web_url.rstrip("/"))
        raise NotFound("library")

    async def delta_page(self, drive_id: str, link: str | None) -> DeltaPage:
        """`DeltaExpired` also for a link that Graph cannot read (400) or that does not lead to Graph, which is not
        followed (S13): then without a link to start from. A stored link that is damaged must not stop a library."""
        start = f"/drives/{_segment(drive_id)}/root/delta?$select={ITEM_FIELDS}&$top={PAGE_ITEMS}"
        try:
            self._requests.own_link(link)
        except Unavailable as foreign:
            raise DeltaExpired(None, "unknown") from foreign
        try:
            response = await self._requests.get(start if link is None else link)
        except Refused as refused:
            if refused.status == 410:
                raise self._expired(refused) from refused
            if refused.status == 400 and link is not None:
                raise DeltaExpired(None, "unknown") from refused
            if refused.status == 404:
                raise GraphDenied("This library is not in SharePoint any more, or Nexus cannot see it.") from refused
            raise _unexpected(refused) from refused
        page = decoded(response.content, WirePage)
        next_link, delta_link = self._requests.own_link(page.next_link), self._requests.own_link(page.delta_link)
        if (next_link is None) == (delta_link is None):
            raise Unavailable("graph", "SharePoint sent a page of changes without saying what follows.")
        return DeltaPage(tuple(drive_item(item) for item in page.value), next_link, delta_link)

    async def item(self, drive_id: str, item_id: str) -> DriveItem:
        path = f"/drives/{_segment(drive_id)}/items/{_segment(item_id)}?$select={ITEM_FIELDS}"
        try:
            response = await self._requests.get(path)
        except Refused as refused:
            if refused.status in (404, 410):
                raise RemoteItemGone from refused
            raise _unexpected(refused) from refused
        return drive_item(decoded(response.content, WireItem))

    async def download(self, drive_id: str, item_id: str, target: Path, *, max_bytes: int) -> Downloaded:
        """The address is asked for late and, where it has expired, once more."""
        address = await self._download_address(drive_id, item_id)
        try:
            return await self._downloads.fetch(address, target, max_bytes=max_bytes)
        except AddressRefused:
            address = await self._download_address(drive_id, item_id)
        try:
            return await self._downloads.fetch(address, target, max_bytes=max_bytes)
        except AddressRefused as refused:
            raise DownloadFailed(
                f"SharePoint refused the file's download address twice ({refused.status})."
            ) from refused

    async def application(self) -> Application:
        return await self._requests.application()

    async def close(self) -> None:
        await self._requests.close()
        await self._downloads.close()

    async def _download_address(self, drive_id: str, item_id: str) -> str:
        try:
            response = await self._requests.get(f"/drives/{_segment(drive_id)}/items/{_segment(item_id)}/content")
        except Refused as refused:
            if refused.status in (404, 410):
                raise RemoteItemGone from refused
            code = refused.codes[0] if refused.codes else refused.status
            raise DownloadFailed(f"SharePoint does not give this file out ({code}).") from refused
        if not response.has_redirect_location:
            raise DownloadFailed("SharePoint did not say where the file can be downloaded.")
        return response.headers["location"]

    async def _site_id(self, host: str, path: tuple[str, ...]) -> str | None:
        address = f"{host}:/{'/'.join(quote(part, safe='') for part in path)}" if path else host
        try:
            response = await self._requests.get(f"/sites/{address}?$select=id")
        except GraphTokenRefused:
            raise
        except GraphDenied as denied:
            raise GraphDenied(no_grant(site_url(host, path), await self.application())) from denied
        except Refused as refused:
            if refused.status == 404:
                return None
            if refused.status == 400:
                raise Invalid(
                    f"{host} is not a SharePoint host of this organisation.", code="library_url_malformed"
                ) from refused
            raise _unexpected(refused) from refused
        return decoded(response.content, WireSite).id

    async def _library_of(self, site_id: str, wanted: LibraryUrl) -> WireDrive | None:
        """The site's library that the address lies in; the deepest where one's address begins another's."""
        best: WireDrive | None = None
        most = 0
        link: str | None = f"/sites/{quote(site_id, safe=',')}/drives?$select=id,name,webUrl"
        for _ in range(_MOST_DRIVE_PAGES):
            try:
                page = decoded((await self._requests.get(link)).content, WireDrives)
            except Refused as refused:
                raise _unexpected(refused) from refused
            for drive in page.value:
                if (depth := wanted.is_within(drive.web_url)) > most:
                    best, most = drive, depth
            link = self._requests.own_link(page.next_link)
            if link is None:
                break
        return best

    def _expired(self, refused: Refused) -> DeltaExpired:
        kind = next((_KINDS[code] for code in refused.codes if code in _KINDS), "unknown")
        try:
            restart_link = self._requests.own_link(refused.location)
        except Unavailable:
            # Not followed; without it the enumeration starts from the drive's own address.
            restart_link = None
        return DeltaExpired(restart_link, kind)


def _segment(identity: str) -> str:
    """Ids come from Graph and from the database; quoted, they cannot become another path."""
    return quote(identity, safe="!")


def _unexpected(refused: Refused) -> Unavailable:
    code = refused.codes[0] if refused.codes else "no code"
    return Unavailable("graph", f"SharePoint refused a request of Nexus ({refused.status}, {code}).")
