"""Times in queries."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from shared.errors import FieldError, Invalid

# A time without an offset would mean another moment on every server.
type Moment = Annotated[datetime, msgspec.Meta(tz=True)]


def in_utc(moment: datetime | None, name: str) -> datetime | None:
    """Raises Invalid for what lies outside the calendar there; `name` is the query's field."""
    try:
        return moment.astimezone(UTC) if moment else None
    except OverflowError as error:
        detail = "This moment lies outside the calendar"
        raise Invalid(detail + ".", errors=(FieldError(f"/{name}", detail),)) from error
