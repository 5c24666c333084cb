"""Timer functions: run when their schedule says so, never twice at once, and remembered across restarts."""

import asyncio
import json
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from devstack.functions_host.background import BackgroundTasks
from devstack.functions_host.clock import from_text, sleep_until, to_text, utc_now
from devstack.functions_host.configuration import ConfigurationError, resolve_references
from devstack.functions_host.cron import CronError, Schedule
from devstack.functions_host.protocol import TypedData
from devstack.functions_host.worker import Function, InvocationFailed, Worker

logger = logging.getLogger("host.timers")


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer function; `monitored` ones keep their schedule status on disk."""

    function_name: str
    schedule: Schedule
    run_on_startup: bool
    monitored: bool

    @classmethod
    def read(cls, function: Function) -> "Timer":
        """`ConfigurationError` when the schedule refers to a missing setting or is not NCRONTAB."""
        trigger = function.trigger
        try:
            schedule = Schedule.parse(resolve_references(str(trigger["schedule"]), os.environ))
        except (CronError, ConfigurationError) as error:
            raise ConfigurationError(f"{function.name}: {error}") from error
        # The binding leaves useMonitor out unless the app set it; Azure's default is on.
        monitored = trigger.get("useMonitor")
        return cls(
            function.name,
            schedule,
            run_on_startup=bool(trigger.get("runOnStartup")),
            monitored=monitored is None or bool(monitored),
        )


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """When a timer ran last (None: never) and is due next, as the host's schedule monitor keeps it."""

    expression: str
    last: datetime | None
    next: datetime
    updated: datetime

    def to_json(self) -> dict[str, str]:
        return {
            "Expression": self.expression,
            # .NET's smallest date is how Azure says "never".
            "Last": to_text(self.last) if self.last else "0001-01-01T00:00:00Z",
            "Next": to_text(self.next),
            "LastUpdated": to_text(self.updated),
        }


class ScheduleMonitor:
    """Keeps one small JSON file a timer in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def _file(self, function_name: str) -> Path:
        return self._directory / (re.sub(r"\W", "_", function_name) + ".json")

    def read(self, function_name: str) -> ScheduleStatus | None:
        file = self._file(function_name)
        if not file.exists():
            return None
        content = json.loads(file.read_text())
        last = from_text(content["Last"])
        return ScheduleStatus(
            content["Expression"],
            None if last.year == 1 else last,
            from_text(content["Next"]),
            from_text(content["LastUpdated"]),
        )

    def write(self, function_name: str, status: ScheduleStatus) -> None:
        file = self._file(function_name)
        unfinished = file.with_suffix(".part")
        unfinished.write_text(json.dumps(status.to_json()))
        unfinished.replace(file)


class TimerService:
    """Runs all timers of an app from `start` to `stop`; `run_now` is for the admin API."""

    def __init__(self, worker: Worker, monitor: ScheduleMonitor, now: Callable[[], datetime] = utc_now) -> None:
        self._worker = worker
        self._monitor = monitor
        self._now = now
        functions = [f for f in worker.functions.values() if f.trigger_type == "timerTrigger"]
        self._timers = {f.name: Timer.read(f) for f in functions}
        self._locks = {name: asyncio.Lock() for name in self._timers}
        self._background = BackgroundTasks(logger)

    def start(self) -> None:
        for timer in self._timers.values():
            self._background.spawn(self._keep(timer))

    async def stop(self) -> None:
        """Cancels what runs: the next start finds it past due."""
        await self._background.end()

    async def run_now(self, function_name: str) -> None:
        """Runs a timer function once outside its schedule, after a run that is under way."""
        timer = self._timers[function_name]
        await self._run(timer, self._status_at_start(timer)[0], past_due=False)

    def _status_at_start(self, timer: Timer) -> tuple[ScheduleStatus, bool]:
        """The kept status, renewed when the schedule changed meanwhile, and whether a run was missed."""
        now = self._now()
        kept = self._monitor.read(timer.function_name) if timer.monitored else None
        if kept is None or kept.expression != timer.schedule.expression:
            last = kept.last if kept else None
            renewed = ScheduleStatus(timer.schedule.expression, last, timer.schedule.next_after(now), now)
            return renewed, False
        return kept, kept.next < now

    async def _keep(self, timer: Timer) -> None:
        status, past_due = self._status_at_start(timer)
        if timer.monitored:
            self._monitor.write(timer.function_name, status)
        if past_due or timer.run_on_startup:
            status = await self._run_scheduled(timer, status, self._now(), past_due)
        while True:
            due = status.next
            await sleep_until(due)
            status = await self._run_scheduled(timer, status, due, past_due=False)

    async def _run_scheduled(
        self, timer: Timer, status: ScheduleStatus, occurrence: datetime, past_due: bool
    ) -> ScheduleStatus:
        await self._run(timer, status, past_due)
        # Occurrences that passed during a long run are dropped, not made up for in a burst.
        now = self._now()
        following = timer.schedule.next_after(max(now, occurrence))
        status = ScheduleStatus(timer.schedule.expression, occurrence, following, now)
        if timer.monitored:
            self._monitor.write(timer.function_name, status)
        return status

    async def _run(self, timer: Timer, status: ScheduleStatus, past_due: bool) -> None:
        shown = status.to_json()
        del shown["Expression"]
        message = {"IsPastDue": past_due, "Schedule": {"AdjustForDST": True}, "ScheduleStatus": shown}
        name = timer.function_name
        async with self._locks[name]:
            logger.info("Executing '%s'%s", name, " (past due)" if past_due else "")
            try:
                await self._worker.invoke(name, TypedData(json=json.dumps(message)))
            except InvocationFailed as failure:
                logger.error("Executed '%s' (Failed): %s\n%s", name, failure, failure.stack)
