"""Keeps the sums that reports read up to date."""

import logging
import time
from dataclasses import dataclass

from shared.db import usage_answers, usage_rolling
from shared.db.pool import Db

log = logging.getLogger(__name__)

# A batch of this many takes a second, even if each is of another day; a statement has ten. Rows that wait meanwhile are
# read by the reports themselves.
BATCH = 2_000
# A timer's tick goes on for this long at most.
LONGEST_S = 45.0


@dataclass(frozen=True, slots=True)
class Analytics:
    db: Db

    async def roll_up(self) -> int:
        """How many changes were added to the sums; the rest, if any, waits for the next time."""
        ends, rolled = time.monotonic() + LONGEST_S, 0
        async with self.db.connection() as connection:
            await usage_answers.close_lost(connection)
        while time.monotonic() < ends:
            async with self.db.transaction() as connection:
                changes = await usage_rolling.roll(connection, BATCH)
            rolled += changes
            if changes < BATCH:
                break
        if rolled:
            log.info("usage rolled up", extra={"changes": rolled})
        return rolled
