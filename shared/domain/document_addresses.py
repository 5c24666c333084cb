"""What a SharePoint address says of a document, in every form that people copy: from the address bar, from "Copy
link", from a preview pane, from an Office program. Nothing is asked of SharePoint.

    …/sites/hub/Shared%20Documents/hr/Leave.docx?web=1                       where the file lies
    …/:w:/r/sites/hub/Shared%20Documents/hr/Leave.docx?d=w86eb4c8e…&csf=1    the same, with the file's own id
    …/sites/hub/_layouts/15/Doc.aspx?sourcedoc=%7B86EB4C8E-…%7D&file=…       the file's own id and name
    …/sites/hub/Shared%20Documents/Forms/AllItems.aspx?id=%2Fsites%2Fhub%2F… a view with the file open in it
    …/:w:/s/hub/EY5M6…                                                       a token that only SharePoint can read
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from shared.errors import FieldError, Invalid

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_SPELLED_LINK = re.compile(r"/:[a-z]:/r(?=/)", re.IGNORECASE)
_OPAQUE_LINK = re.compile(r"/:[a-z]:/[a-z]/", re.IGNORECASE)
# "ms-word:ofe|u|https://…": what Office programs are opened by.
_OFFICE_PROTOCOL = re.compile(r"ms-[a-z]+:[a-z]{3}\|u\|", re.IGNORECASE)
# `d=` of a link is "w" and the file's id without hyphens.
_LINK_ID = re.compile(r"w[0-9a-f]{32}", re.IGNORECASE)
_PATH_PARAMETERS = ("id", "rootfolder", "sourceurl")
_ID_PARAMETERS = ("sourcedoc", "uniqueid")
_SITE_COLLECTIONS = ("sites", "teams", "personal")


@dataclass(frozen=True, slots=True)
class DocumentAddress:
    """`path` is decoded, one part an entry, from the host's root on: ("sites", "hub", "Shared Documents", "a.pdf");
    empty where the address has no path of a file. `site` is what it says of the site. `unique_id` is SharePoint's own
    id of the file. `is_opaque`: only SharePoint knows what it leads to."""

    host: str
    path: tuple[str, ...]
    site: tuple[str, ...]
    unique_id: UUID | None = None
    is_opaque: bool = False

    def below(self, library_url: str) -> tuple[str, ...] | None:
        """The rest of the path within the library at `library_url`; None for one of another library."""
        library = urlsplit(library_url)
        root = parts_of(library.path)
        if (library.hostname or "").lower() != self.host or _folded(self.path[: len(root)]) != _folded(root):
            return None
        return self.path[len(root) :]

    def is_of_site(self, library_url: str) -> bool:
        """Whether the library is one of this address' site, or of a site below it."""
        library = urlsplit(library_url)
        root = parts_of(library.path)
        return (library.hostname or "").lower() == self.host and _folded(root[: len(self.site)]) == _folded(self.site)


def parse_document_address(text: str) -> DocumentAddress:
    """Raises Invalid for what is no web address of a host."""
    text = _OFFICE_PROTOCOL.sub("", text.strip(), count=1)
    try:
        url = urlsplit(text)
    except ValueError as error:
        raise _malformed() from error
    host = (url.hostname or "").lower()
    if url.scheme.lower() not in ("https", "http") or not _HOST.fullmatch(host) or "@" in url.netloc:
        raise _malformed()
    path = _SPELLED_LINK.sub("", url.path, count=1)
    if _OPAQUE_LINK.match(path):
        return DocumentAddress(host, (), (), is_opaque=True)
    parameters = {name.lower(): value for name, value in parse_qsl(url.query)}
    return _read(host, parts_of(path), parameters)


def _read(host: str, path: tuple[str, ...], parameters: dict[str, str]) -> DocumentAddress:
    unique_id = next((_id_of(parameters[name]) for name in _ID_PARAMETERS if name in parameters), None)
    if _LINK_ID.fullmatch(link_id := parameters.get("d", "")):
        unique_id = unique_id or _id_of(link_id[1:])
    lowered = [part.lower() for part in path]
    if "_layouts" in lowered:
        site = path[: lowered.index("_layouts")]
        spelled = _spelled_in(parameters)
        return DocumentAddress(host, spelled, site, unique_id, is_opaque=not (spelled or unique_id))
    if path and lowered[-1].endswith(".aspx") and (spelled := _spelled_in(parameters)):
        path = spelled
    return DocumentAddress(host, path, _site_of(path), unique_id)


def _spelled_in(parameters: dict[str, str]) -> tuple[str, ...]:
    """A path given as a parameter: from the host's root on, or as a whole address."""
    given = next((parameters[name] for name in _PATH_PARAMETERS if parameters.get(name)), "")
    return _composed((urlsplit(given).path if "://" in given else given).split("/"))


def _site_of(path: tuple[str, ...]) -> tuple[str, ...]:
    return path[:2] if path and path[0].lower() in _SITE_COLLECTIONS else ()


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text.strip("{}"))
    except ValueError:
        return None


def parts_of(path: str) -> tuple[str, ...]:
    """Of the path of an address: decoded."""
    return _composed(unquote(part) for part in path.split("/"))


def _composed(parts: Iterable[str]) -> tuple[str, ...]:
    """Without empty ones, and in composed characters: macOS uploads decomposed ones, and people type composed."""
    return tuple(unicodedata.normalize("NFC", part) for part in parts if part)


def _folded(parts: tuple[str, ...]) -> list[str]:
    return [part.casefold() for part in parts]


def _malformed() -> Invalid:
    detail = "This is not a web address of SharePoint, such as https://contoso.sharepoint.com/sites/hub/Documents/a.pdf"
    return Invalid(detail + ".", errors=(FieldError("/url", detail),), code="url_malformed")
