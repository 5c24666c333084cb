"""Graph's JSON, decoded straight to what Nexus needs of it.

msgraph-sdk's typed models cost 580 ms for a page of 200 items, this about 1 ms (facts: functions-and-durable).
"""

import base64
import binascii
from datetime import UTC, datetime

import msgspec

from shared.domain.documents import DriveItem, ItemKind
from shared.domain.library_checks import Application
from shared.errors import Unavailable

# `deleted` must be asked for: a selected delta that leaves it out shows deletions as nameless live items.
ITEM_FIELDS = (
    "id,name,size,webUrl,lastModifiedDateTime,eTag,cTag,parentReference,file,folder,package,remoteItem,root,deleted"
)


class _Facet(msgspec.Struct, gc=False):
    """Only its presence counts; `{}` is present."""


class _Hashes(msgspec.Struct, rename="camel", gc=False):
    quick_xor_hash: str | None = None


class _File(msgspec.Struct, gc=False):
    hashes: _Hashes | None = None


class _Parent(msgspec.Struct, gc=False):
    id: str | None = None


class WireItem(msgspec.Struct, rename="camel", gc=False):
    id: str
    name: str | None = None
    size: int | None = None
    web_url: str | None = None
    last_modified_date_time: str | None = None
    e_tag: str | None = None
    c_tag: str | None = None
    parent_reference: _Parent | None = None
    file: _File | None = None
    folder: _Facet | None = None
    package: _Facet | None = None
    remote_item: _Facet | None = None
    root: _Facet | None = None
    deleted: _Facet | None = None


class WirePage(msgspec.Struct):
    value: list[WireItem]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    delta_link: str | None = msgspec.field(default=None, name="@odata.deltaLink")


class WireSite(msgspec.Struct):
    id: str


class WireDrive(msgspec.Struct, rename="camel"):
    id: str
    name: str
    web_url: str


class WireDrives(msgspec.Struct):
    value: list[WireDrive]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class _Error(msgspec.Struct, rename="camel"):
    code: str | None = None
    # Graph writes innerError, SharePoint's own errors innererror.
    inner_error: "_Error | None" = None
    innererror: "_Error | None" = msgspec.field(default=None, name="innererror")


class _ErrorReply(msgspec.Struct):
    error: _Error


def decoded[T](body: bytes, shape: type[T]) -> T:
    """Raises Unavailable when the body is not that: a proxy's page, or JSON cut short."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise Unavailable("graph", "SharePoint sent an answer that Nexus cannot read.") from error


def error_codes(body: bytes) -> tuple[str, ...]:
    """The error's code and those nested in it, outermost first; empty when the body is no Graph error."""
    try:
        error: _Error | None = msgspec.json.decode(body, type=_ErrorReply).error
    except msgspec.DecodeError:
        return ()
    codes: list[str] = []
    while error is not None:
        if error.code:
            codes.append(error.code)
        error = error.inner_error or error.innererror
    return tuple(codes)


class _Claims(msgspec.Struct):
    appid: str | None = None
    azp: str | None = None
    roles: list[str] | None = None


def application_of(token: str) -> Application:
    """Read without checking it: it is shown to an administrator, and nothing is decided by it. A token of a form that
    Nexus does not know tells nothing."""
    body = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=_Claims)
    except (binascii.Error, msgspec.DecodeError):
        return Application(None, None)
    return Application(claims.appid or claims.azp, None if claims.roles is None else frozenset(claims.roles))


def drive_item(wire: WireItem) -> DriveItem:
    return DriveItem(
        item_id=wire.id,
        kind=_kind(wire),
        name=wire.name,
        parent_id=wire.parent_reference.id if wire.parent_reference else None,
        deleted=wire.deleted is not None,
        size=wire.size or 0,
        web_url=wire.web_url,
        last_modified=_time(wire.last_modified_date_time),
        etag=wire.e_tag,
        ctag=wire.c_tag,
        content_hash=wire.file.hashes.quick_xor_hash if wire.file and wire.file.hashes else None,
    )


def _kind(wire: WireItem) -> ItemKind:
    # The order matters: the root is a folder too, and a shortcut may carry the facets of what it points at.
    if wire.root is not None:
        return ItemKind.ROOT
    if wire.remote_item is not None:
        return ItemKind.REMOTE
    if wire.package is not None:
        return ItemKind.PACKAGE
    if wire.folder is not None:
        return ItemKind.FOLDER
    if wire.file is not None or wire.deleted is not None:
        return ItemKind.FILE
    # Something of a kind that Graph does not say: nothing that Nexus could read.
    return ItemKind.PACKAGE


def _time(text: str | None) -> datetime | None:
    """None for a time that cannot be read: a date for show must not stop a library's sync."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
