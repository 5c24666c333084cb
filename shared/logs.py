"""One line a record, as JSON or for people, and nothing in it that must not be (S20).

`install` covers the handlers that the Functions worker has put on the root logger before it imports the app, so that
the worker's, the SDKs' and our own records all pass the same filter, whatever form they are then written in.
"""

import logging
import os
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from shared.correlation import current_correlation_id
from shared.domain.redaction import one_line, redacted
from shared.traces import trace_of
from shared.tracing import current_ids

# What `extra` may say. All else of it is left out: a field is added here when it is known to hold no text of people.
FIELDS = frozenset(
    {
        "correlation_id", "method", "route", "status", "duration_ms", "user_id", "code", "outcome", "bytes",
        "run_id", "message_id", "mode", "provider", "model", "input_tokens", "output_tokens", "first_token_ms",
        "latency_ms", "library_id", "sync_run_id", "document_id", "work", "state", "documents", "result", "kind",
        "host", "retry_after_s", "dependency", "next_provider", "next_model", "trace_id", "span_id",
    }
)  # fmt: skip
_LONGEST_MESSAGE, _LONGEST_VALUE = 4000, 200
_OWN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class SafeRecord(logging.Filter):
    """Replaces a record by one that is fit to be written: message formatted, redacted and on one line, the exception
    told by `shared.traces`, of `extra` only FIELDS, and the correlation id of the work it belongs to."""

    def filter(self, record: logging.LogRecord) -> logging.LogRecord:
        if "nexus_fields" in record.__dict__:
            return record
        safe = logging.makeLogRecord(vars(record))
        given = {name: value for name, value in vars(record).items() if name not in _OWN_ATTRIBUTES}
        for name in given:
            del safe.__dict__[name]
        safe.msg, safe.args = one_line(redacted(_message(record)), _LONGEST_MESSAGE), None
        safe.exc_text = trace_of(record.exc_info[1]) if record.exc_info and record.exc_info[1] else None
        safe.exc_info, safe.stack_info = None, None
        fields = {"correlation_id": current_correlation_id(), **current_ids(), **given}
        safe.__dict__["nexus_fields"] = {
            name: _value(value) for name, value in fields.items() if name in FIELDS and value not in (None, "")
        }
        return safe


def _message(record: logging.LogRecord) -> str:
    if record.name == "stamina":
        return _retry(vars(record))
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError, IndexError):
        # logging itself would write the arguments to stderr as they are
        return f"{record.msg} (its arguments do not fit)"


def _retry(said: dict[str, Any]) -> str:
    """stamina's own message is the same for every call; of what failed only its kind is told, never its text."""
    cause = str(said.get("stamina.caused_by", "an error")).partition("(")[0]
    return f"{cause}: trying again in {said.get('stamina.wait_for', 0)} s, retry {said.get('stamina.retry_num', 1)}"


def _value(value: object) -> str | int | float | bool:
    if isinstance(value, int | float):
        return value
    if isinstance(value, UUID):
        return str(value)
    return one_line(redacted(str(value)), _LONGEST_VALUE)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return cast("dict[str, Any]", record.__dict__.get("nexus_fields", {}))


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "message", …FIELDS, "exception"?}`; for records that SafeRecord has seen."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_text:
            line["exception"] = record.exc_text
        return msgspec.json.encode(line).decode()


class PlainLines(logging.Formatter):
    """The same for people; the lines of an exception are indented, so that none can pass for a record."""

    def format(self, record: logging.LogRecord) -> str:
        said = [f"{name}={value}" for name, value in _fields(record).items()]
        line = " ".join([_time(record), record.levelname, record.name, record.getMessage(), *said])
        trace = (record.exc_text or "").splitlines()
        return "\n".join([line, *(f"    {part}" for part in trace)])


def nothing(record: logging.LogRecord) -> bool:
    """Drops a record."""
    return False


_SAFE = SafeRecord()


def install() -> None:
    """Cheap, and safe to call again. NEXUS_LOG_FORMAT=text is for people, anything else means JSON."""
    formatter = PlainLines() if os.environ.get("NEXUS_LOG_FORMAT") == "text" else JsonLines()
    for handler in logging.getLogger().handlers:
        handler.addFilter(_SAFE)
        handler.setFormatter(formatter)
    # The web extension's uvicorn has handlers of its own, set up after the import of the app: only filters outlive
    # that. Its access log writes query strings, tickets among them; the endpoint has a line for every request.
    logging.getLogger("uvicorn.access").addFilter(nothing)
    logging.getLogger("uvicorn.error").addFilter(_SAFE)
    # They log every request with its address at INFO: delta tokens and account names do not belong in a log.
    for chatty in ("azure", "httpx", "httpcore", "httpx2", "httpcore2"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
