"""Time as the host writes it: UTC, ISO 8601 with microseconds, and sleeping until a moment."""

import asyncio
from datetime import UTC, datetime

# A laptop that sleeps stops the monotonic clock that asyncio sleeps by: look at the wall clock this often.
LONGEST_SLEEP_S = 30.0


def utc_now() -> datetime:
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """`2026-01-31T08:00:00.000000Z`, the form the Durable SDK reads and writes."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """Reads any ISO 8601 moment; one without an offset is UTC. `ValueError` when it is none."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def sleep_until(moment: datetime) -> None:
    """Returns at `moment` by the wall clock, never before it; at once when it has passed."""
    while (remaining_s := (moment - utc_now()).total_seconds()) > 0:
        await asyncio.sleep(min(remaining_s, LONGEST_SLEEP_S))
