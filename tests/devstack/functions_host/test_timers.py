"""Timer functions: on time, remembered, and never twice at once."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from devstack.functions_host.process import HostProcess
from tests.devstack.functions_host.conftest import until, write_app

type Start = Callable[..., tuple[HostProcess, Path]]

TIMER_APP = """
import asyncio
import os

import azure.functions as func

app = func.FunctionApp()


def note(line):
    with open(os.environ["NOTES"], "a") as file:
        file.write(line + "\\n")


@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%", run_on_startup=bool(os.environ.get("AT_START")))
async def tick(timer: func.TimerRequest) -> None:
    note(f"begin {timer.past_due} {timer.schedule_status['Next']}")
    while os.path.exists(os.environ["GATE"]):
        await asyncio.sleep(0.02)
    note("end")


@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
def failing(timer: func.TimerRequest) -> None:
    raise RuntimeError("a timer that fails")
"""


class Timers:
    """The timer app in one folder; `environment` as it is for the next start."""

    def __init__(self, folder: Path, schedule: str) -> None:
        self.notes, self.gate = folder / "notes", folder / "gate"
        self.status_file = folder / "home" / "timers" / "tick.json"
        settings = folder / "local.settings.json"
        settings.write_text(json.dumps({"IsEncrypted": False, "Values": {"SCHEDULE": schedule}}))
        self.environment = {
            "NOTES": str(self.notes),
            "GATE": str(self.gate),
            "AzureWebJobs.failing.Disabled": "true",
        }
        app = write_app(folder / "app", TIMER_APP)
        self.host = HostProcess(app, folder / "home", settings=settings, environment=self.environment)

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def runs(self) -> int:
        return self.noted().count("end")

    def due(self) -> datetime:
        return datetime.fromisoformat(json.loads(self.status_file.read_text())["Next"])


def test_a_timer_runs_each_time_its_schedule_says_so_and_keeps_its_status(tmp_path: Path) -> None:
    timers = Timers(tmp_path, "*/1 * * * * *")
    with timers.host:
        until(lambda: timers.runs() >= 3, "three runs")
        first_due = timers.due()
        until(lambda: timers.due() > first_due, "the kept status moves on")
    lines = [line for line in timers.noted() if line != "end"]
    assert all(line.startswith("begin False 2") for line in lines)
    assert len(set(lines)) == len(lines), "no occurrence runs twice"


def test_an_occurrence_missed_while_the_host_was_down_is_made_up_once_as_past_due(tmp_path: Path) -> None:
    timers = Timers(tmp_path, "*/2 * * * * *")
    with timers.host:
        until(lambda: timers.runs() >= 1, "one run")
    missed = timers.due()
    until(lambda: datetime.now(missed.tzinfo) > missed, "an occurrence passes without a host")
    before = len(timers.noted())
    with timers.host:
        until(lambda: timers.runs() >= 3, "it runs again")
    later = [line.split()[1] for line in timers.noted()[before:] if line != "end"]
    assert later[0] == "True"
    assert set(later[1:]) == {"False"}


def test_a_run_cut_off_by_a_kill_is_past_due_at_the_next_start(tmp_path: Path) -> None:
    timers = Timers(tmp_path, "*/1 * * * * *")
    timers.gate.touch()
    timers.host.start()
    until(lambda: timers.noted(), "a run is under way")
    timers.host.kill()
    timers.gate.unlink()
    with timers.host:
        until(lambda: timers.runs() >= 1, "it runs again")
    assert timers.noted()[1].startswith("begin True")


def test_a_timer_that_is_never_due_runs_at_the_start_only_when_it_asks_to(tmp_path: Path) -> None:
    timers = Timers(tmp_path, "0 0 0 29 2 *")
    with timers.host as host:
        httpx.post(f"{host.url}/admin/functions/tick", json={"input": ""})
        until(lambda: timers.runs() == 1, "the admin API ran it")
    assert timers.runs() == 1, "nothing else did"
    timers.environment["AT_START"] = "yes"
    with timers.host:
        until(lambda: timers.runs() == 2, "it ran at the start")


def test_a_long_run_is_overlapped_neither_by_the_schedule_nor_by_the_admin_api(tmp_path: Path) -> None:
    timers = Timers(tmp_path, "*/1 * * * * *")
    timers.gate.touch()
    with timers.host as host:
        until(lambda: timers.noted(), "a run is under way")
        began = time.time()
        httpx.post(f"{host.url}/admin/functions/tick", json={"input": ""})
        until(lambda: time.time() > began + 2.2, "two more occurrences pass")
        assert len(timers.noted()) == 1
        timers.gate.unlink()
        until(lambda: timers.runs() >= 3, "it goes on")
    kinds = [line.split()[0] for line in timers.noted()]
    assert kinds == ["begin", "end"] * (len(kinds) // 2)
    # The two that passed were dropped: what follows the admin's run is due at its own second.
    following = [datetime.fromisoformat(line.split()[2]) for line in timers.noted() if line != "end"]
    assert following[2] > datetime.fromtimestamp(began + 1, following[2].tzinfo)


def test_a_failing_timer_is_logged_and_runs_again(tmp_path: Path) -> None:
    timers = Timers(tmp_path, "0 0 0 29 2 *")
    timers.environment.pop("AzureWebJobs.failing.Disabled")
    with timers.host as host:
        until(lambda: host.log().count("RuntimeError: a timer that fails") >= 2, "two failures are logged")


def test_a_disabled_function_is_not_there(tmp_path: Path) -> None:
    timers = Timers(tmp_path, "0 0 0 29 2 *")
    with timers.host as host:
        assert httpx.post(f"{host.url}/admin/functions/failing", json={}).status_code == 404


def test_a_changed_schedule_starts_afresh(tmp_path: Path) -> None:
    timers = Timers(tmp_path, "*/1 * * * * *")
    with timers.host:
        until(lambda: timers.runs() >= 1, "one run")
    before = timers.runs()
    # The environment goes before the settings file, as with Core Tools.
    timers.environment["SCHEDULE"] = "0 0 0 29 2 *"
    with timers.host as host:
        until(lambda: timers.due().month == 2, "the new schedule is kept")
        assert httpx.get(f"{host.url}/admin/host/status").json()["state"] == "Running"
    assert timers.runs() == before, "the old schedule's missed occurrence is nobody's"


@pytest.mark.parametrize("schedule", ["every minute", "0 0 0 30 2 *"])
def test_a_schedule_that_is_none_keeps_the_host_from_starting(tmp_path: Path, schedule: str) -> None:
    timers = Timers(tmp_path, schedule)
    timers.host.spawn()
    assert timers.host.wait() == 1
    assert f"The host cannot start: tick: '{schedule}'" in timers.host.log()
