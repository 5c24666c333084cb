"""Addresses: of a library as administrators paste it, and of hosts that Nexus may speak to."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

import httpx

from shared.errors import Invalid

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
# "/:f:/r/sites/hub/…" is a link to a folder that spells the path out; "/:f:/s/hub/Eabc…" hides it in a token.
_SPELLED_LINK = re.compile(r"/:[a-z]:/r(?=/)")
_OPAQUE_LINK = re.compile(r"/:[a-z]:/[a-z]/")
_SITE_COLLECTIONS = ("sites", "teams", "personal")
_DEEPEST_SUBSITE = 4


@dataclass(frozen=True, slots=True)
class LibraryUrl:
    """`path` is decoded, one part an entry: ("sites", "hub", "Shared Documents", "hr")."""

    host: str
    path: tuple[str, ...]

    def site_paths(self) -> list[tuple[str, ...]]:
        """Where the site may end and the library begin, the likeliest first: subsites look like folders."""
        least = 2 if self.path[:1] and self.path[0].lower() in _SITE_COLLECTIONS else 0
        most = min(len(self.path) - 1, least + _DEEPEST_SUBSITE)
        return [self.path[:length] for length in range(least, most + 1)]

    def is_within(self, web_url: str) -> int:
        """How many parts of this address are the library at `web_url`; 0 when it is not in that library."""
        other = urlsplit(web_url)
        parts = [part.casefold() for part in _parts(other.path)]
        own = [part.casefold() for part in self.path[: len(parts)]]
        return len(parts) if (other.hostname or "").lower() == self.host and own == parts else 0


def parse_library_url(text: str) -> LibraryUrl:
    """A library's address, also with %20, a trailing slash, a folder below, a view (`Forms/AllItems.aspx`) or as a
    link that spells the path out. Raises Invalid."""
    try:
        url = urlsplit(text.strip())
        port = url.port
    except ValueError as error:
        raise Invalid("This is not a web address.", code="library_url_malformed") from error
    host = (url.hostname or "").lower()
    if url.scheme.lower() != "https" or not _HOST.fullmatch(host) or port not in (None, 443) or "@" in url.netloc:
        raise Invalid(
            "A library's address begins with https:// and the SharePoint host, such as"
            " https://contoso.sharepoint.com/sites/hub/Shared Documents.",
            code="library_url_malformed",
        )
    path = _SPELLED_LINK.sub("", url.path, count=1)
    if _OPAQUE_LINK.match(path):
        raise Invalid(
            "This is a sharing link, which does not say where the library is. Copy the address of the library itself.",
            code="library_url_malformed",
        )
    parts = _parts(path)
    # Views of a library are pages in its Forms folder: what comes before is the library.
    for index, part in enumerate(parts):
        if part.lower() == "forms" and parts[index + 1 :] and parts[index + 1].lower().endswith(".aspx"):
            parts = parts[:index]
            break
    least = 3 if parts and parts[0].lower() in _SITE_COLLECTIONS else 1
    if len(parts) < least or any(part in (".", "..") or ":" in part for part in parts):
        raise Invalid(
            "This is the address of a site. Add the library, such as …/Shared Documents.", code="library_url_malformed"
        )
    return LibraryUrl(host, tuple(parts))


def site_url(host: str, path: tuple[str, ...]) -> str:
    return "/".join([f"https://{host}", *(quote(part, safe="") for part in path)])


def _parts(path: str) -> list[str]:
    return [part for part in (unquote(part) for part in path.split("/")) if part]


def same_origin(url: httpx.URL, base: httpx.URL) -> bool:
    """Scheme, host and port, and nothing that could make a reader think so."""
    return (url.scheme, url.raw_host, _port(url)) == (base.scheme, base.raw_host, _port(base)) and not url.userinfo


def may_download_from(url: httpx.URL, allowed_hosts: Sequence[str]) -> bool:
    """A host of the list or below one ("sharepoint.com" admits "contoso.sharepoint.com", not "evilsharepoint.com").

    https on its own port only; a loopback host may speak http on any port, but only where the list names it.
    """
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    allowed = [each.lower().strip(".") for each in allowed_hosts]
    if url.userinfo or not host:
        return False
    if host in allowed and _is_loopback(host):
        return url.scheme in ("http", "https")
    if url.scheme != "https" or _port(url) != 443 or _is_loopback(host):
        return False
    return host in allowed or (not _is_ip(host) and any(host.endswith(f".{each}") for each in allowed if each))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"https": 443, "http": 80}.get(url.scheme)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_ip(host) and ipaddress.ip_address(host).is_loopback
