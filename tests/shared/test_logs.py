"""Log lines: one a record, in two forms, with nothing in them that must not be (S20)."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import stamina

from shared.correlation import correlated
from shared.errors import Unavailable
from shared.logs import FIELDS, JsonLines, PlainLines, SafeRecord
from tests.conftest import ROOT

CANARY = "canary-9f3b"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Zm9vYmFyYmF6"


class Sink:
    """A logger of its own with one handler, set up as `install` sets up the worker's."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.written = StringIO()
        self.handler = logging.StreamHandler(self.written)
        self.handler.addFilter(SafeRecord())
        self.handler.setFormatter(formatter)
        self.log = logging.Logger("shared.test")
        self.log.addHandler(self.handler)

    @property
    def lines(self) -> list[str]:
        return self.written.getvalue().splitlines()

    def last(self) -> dict[str, object]:
        return json.loads(self.lines[-1])


@pytest.fixture
def json_lines() -> Sink:
    return Sink(JsonLines())


@pytest.fixture
def plain_lines() -> Sink:
    return Sink(PlainLines())


@pytest.fixture(params=[JsonLines, PlainLines])
def either(request: pytest.FixtureRequest) -> Iterator[Sink]:
    return Sink(request.param())


async def test_a_retry_says_what_kind_of_error_it_is_for_and_nothing_that_the_error_says(plain_lines: Sink) -> None:
    logger = logging.getLogger("stamina")
    logger.addHandler(plain_lines.handler)
    try:
        async for attempt in stamina.retry_context(on=OSError, attempts=2, wait_initial=0, wait_jitter=0):
            with attempt:
                if attempt.num == 1:
                    raise ConnectionResetError(CANARY)
    finally:
        logger.removeHandler(plain_lines.handler)
    (line,) = plain_lines.lines
    assert "WARNING stamina ConnectionResetError: trying again in 0" in line
    assert line.endswith("s, retry 1")
    assert CANARY not in line


def test_a_record_is_one_json_object_with_the_id_of_its_work(json_lines: Sink) -> None:
    with correlated("0af7651916cd43dd8448eb211c80319c"):
        json_lines.log.warning("the %s is away", "cache", extra={"status": 503, "run_id": UUID(int=7)})
    line = json_lines.last()
    assert str(line.pop("time")).endswith("Z")
    assert line == {
        "level": "WARNING",
        "logger": "shared.test",
        "message": "the cache is away",
        "correlation_id": "0af7651916cd43dd8448eb211c80319c",
        "status": 503,
        "run_id": "00000000-0000-0000-0000-000000000007",
    }


def test_for_people_it_is_one_plain_line(plain_lines: Sink) -> None:
    with correlated("abc"):
        plain_lines.log.info("run ended", extra={"latency_ms": 12})
    time, _, rest = plain_lines.lines[0].partition(" ")
    assert time.endswith("Z")
    assert rest == "INFO shared.test run ended correlation_id=abc latency_ms=12"


async def test_tasks_and_threads_started_in_a_piece_of_work_belong_to_it(json_lines: Sink) -> None:
    async def in_a_task() -> None:
        await asyncio.sleep(0)
        json_lines.log.info("task")
        await asyncio.to_thread(json_lines.log.info, "thread")

    with correlated("one"):
        first = asyncio.create_task(in_a_task())
    with correlated("two"):
        second = asyncio.create_task(in_a_task())
    await asyncio.gather(first, second)
    json_lines.log.info("outside")
    told = sorted((line["message"], line.get("correlation_id", "")) for line in map(json.loads, json_lines.lines))
    assert told == [("outside", ""), ("task", "one"), ("task", "two"), ("thread", "one"), ("thread", "two")]


def test_of_extra_only_the_known_fields_are_written(either: Sink) -> None:
    either.log.info("asked", extra={"question": CANARY, "email": CANARY, "headers": {"a": CANARY}, "status": 200})
    assert CANARY not in either.written.getvalue()
    assert "200" in either.written.getvalue()
    assert not FIELDS & {"question", "content", "text", "prompt", "query", "email", "token", "headers", "body"}


def test_secrets_are_taken_out_of_message_arguments_and_fields(either: Sink) -> None:
    either.log.info("%s for %s", JWT, "alice@northwind.example", extra={"code": JWT, "host": f"u:{CANARY}@h.example"})
    either.log.info("GET /api/chat/stream?ticket=%s", CANARY)
    either.log.info({"Authorization": f"Bearer {CANARY}"})
    assert not any(secret in either.written.getvalue() for secret in (JWT, CANARY, "alice@"))
    assert len(either.lines) == 3


@pytest.mark.parametrize("injected", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0b", "\x1b[2K"])
def test_a_value_cannot_begin_a_line_of_its_own(either: Sink, injected: str) -> None:
    forged = f"a{injected}2026-01-01T00:00:00.000Z ERROR shared.forged all is lost"
    either.log.info("file %s", forged, extra={"code": forged})
    try:
        raise OSError(2, forged)
    except OSError as error:
        either.log.error("failed", exc_info=error)
    assert not any(line.startswith(("2026-01-01", "\x1b")) for line in either.lines)
    assert len([line for line in either.lines if not line.startswith("    ")]) == 2
    assert all(line.isprintable() for line in either.lines)


def test_an_exception_is_told_with_its_causes_and_places_but_without_values_it_quotes(json_lines: Sink) -> None:
    try:
        try:
            int(CANARY)
        except ValueError as cause:
            raise Unavailable("postgres") from cause
    except Unavailable:
        json_lines.log.exception("unexpected error")
    told = str(json_lines.last()["exception"])
    assert CANARY not in told
    first, place, second, *_ = told.splitlines()
    assert first == "ValueError"
    assert place.startswith("  tests/shared/test_logs.py:")
    assert second.startswith("Unavailable (code postgres_unavailable): The postgres service")


def test_postgresqls_errors_are_told_by_state_and_constraint_never_by_row(json_lines: Sink) -> None:
    error = asyncpg.NotNullViolationError(f"null value violates: {CANARY}")
    error.sqlstate, error.constraint_name, error.detail = "23502", "messages_content_key", f"Failing row: ({CANARY})"
    json_lines.log.error("unexpected error", exc_info=error)
    assert json_lines.last()["exception"] == (
        "NotNullViolationError (sqlstate 23502, constraint_name messages_content_key)"
    )


def test_a_chain_that_bites_its_tail_and_a_group_of_errors_are_told(json_lines: Sink) -> None:
    one, two = OSError("one"), OSError("two")
    one.__cause__, two.__cause__ = two, one
    json_lines.log.error("x", exc_info=one)
    assert json_lines.last()["exception"] == "OSError: two\nOSError: one"
    json_lines.log.error("x", exc_info=ExceptionGroup(CANARY, [KeyError(CANARY), OSError("three")]))
    assert json_lines.last()["exception"] == "ExceptionGroup\n  + KeyError\n  + OSError: three"


def test_arguments_that_do_not_fit_are_not_shown(either: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    either.log.info("%d tokens", CANARY)
    assert "%d tokens (its arguments do not fit)" in either.written.getvalue()
    assert CANARY not in either.written.getvalue() + capsys.readouterr().err


def test_other_handlers_get_the_record_as_it_was(json_lines: Sink) -> None:
    seen: list[logging.LogRecord] = []
    other = logging.Handler()
    other.emit = seen.append
    json_lines.log.addHandler(other)
    error = ValueError(CANARY)
    json_lines.log.error("failed %s", CANARY, exc_info=error, extra={"question": CANARY})
    assert seen[0].getMessage() == f"failed {CANARY}"
    assert seen[0].exc_info is not None
    assert seen[0].exc_info[1] is error


# What the worker does in Azure: a handler on the root logger, the app, then the web extension's uvicorn, whose own
# logging set-up comes last.
AS_IN_AZURE = """
import asyncio, logging, socket, sys, urllib.request

logging.basicConfig(level=logging.INFO, stream=sys.stderr)
import function_app
from azurefunctions.extensions.http.fastapi import WebApp, WebServer
from fastapi import Request

app = WebApp()
async def catch_all(request):
    if request.url.path == "/fails":
        raise ValueError("canary-9f3b")
    return "answered"
catch_all.__annotations__ = {"request": Request}
app.route(catch_all)

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]

def ask(path):
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
                return reply.read()
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            import time; time.sleep(0.05)

async def main():
    serving = asyncio.create_task(WebServer("127.0.0.1", port, app).serve())
    for path in ("/api/chat/stream?ticket=canary-9f3b", "/fails?ticket=canary-9f3b"):
        print(path.partition("?")[0], await asyncio.to_thread(ask, path))
    logging.getLogger("azure.core").info("GET https://graph/delta?token=canary-9f3b")
    logging.getLogger("functions.any").info("still logged")
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)

asyncio.run(main())
"""


def test_the_web_extensions_own_logs_hold_no_query_string_and_no_exceptions_words(tmp_path: Path) -> None:
    script = tmp_path / "as_in_azure.py"
    script.write_text(AS_IN_AZURE)
    done = subprocess.run(
        [sys.executable, script],
        cwd=ROOT,
        env={"PATH": "/usr/bin", "PYTHONPATH": str(ROOT), "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["/api/chat/stream b'\"answered\"'", "/fails 500"]
    assert CANARY not in done.stderr
    assert "/api/chat/stream" not in done.stderr, "the access log is off"
    assert "ValueError" in done.stderr, "what broke is told"
    logged = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [line["message"] for line in logged if line["logger"] == "functions.any"] == ["still logged"]
