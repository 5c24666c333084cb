"""Cursors: opaque to callers, the sort key of the last row inside."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from shared.domain.chat import Mode
from shared.errors import FieldError, Invalid


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Every list takes these."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class Page[T](msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None


def page[R, T](rows: Sequence[R], limit: int, key: Callable[[R], tuple[Any, ...]], shown: Callable[[R], T]) -> Page[T]:
    """Of `limit + 1` rows asked for, the last only says that there is more."""
    kept = rows[:limit]
    more = len(rows) > limit
    cursor = base64.urlsafe_b64encode(msgspec.json.encode(key(kept[-1]))).decode() if more else None
    return Page([shown(row) for row in kept], cursor)


def after_time_and_id(cursor: str | None) -> tuple[datetime, UUID] | None:
    decoded = _decoded(cursor, tuple[Annotated[datetime, msgspec.Meta(tz=True)], UUID])
    if decoded is None:
        return None
    try:
        return decoded[0].astimezone(UTC), decoded[1]
    except OverflowError as error:
        raise _unknown() from error


def after_id(cursor: str | None) -> UUID | None:
    decoded = _decoded(cursor, tuple[UUID])
    return decoded[0] if decoded else None


def after_name_and_id(cursor: str | None) -> tuple[str, UUID] | None:
    decoded = _decoded(cursor, tuple[str, UUID])
    if decoded is not None and "\0" in decoded[0]:
        # no row's name holds one: PostgreSQL's text cannot
        raise _unknown()
    return decoded


def after_mode_place_and_id(cursor: str | None) -> tuple[Mode, int, UUID] | None:
    """Of providers, in the order of asking within each mode."""
    return _decoded(cursor, tuple[Mode, Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)], UUID])


def after_number(cursor: str | None) -> int | None:
    """Of rows that are numbered in their order (bigint)."""
    decoded = _decoded(cursor, tuple[Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]])
    return decoded[0] if decoded else None


def after_numbers(cursor: str | None) -> tuple[int, int] | None:
    """Of rows in the order of a count and a number."""
    count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    return _decoded(cursor, tuple[count, Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]])


def _decoded(cursor: str | None, shape: Any) -> Any:
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=shape)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise _unknown() from error


def _unknown() -> Invalid:
    return Invalid("This cursor is not one of ours.", errors=(FieldError("/cursor", "unknown cursor"),))
