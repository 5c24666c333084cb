"""Spans of what Nexus does, for the tracer that a deployment installs. Without one nothing is imported and a span costs
a comparison.

Attributes are ids, numbers and words of closed sets, under the names of OpenTelemetry's semantic conventions where
those have one, else under `nexus.`: never what people wrote, and of errors their code, never their message (S20).

The trace id is the correlation id: a span begun inside `correlated(id)` belongs to the trace `id`, whoever's task it is
in. A run that somebody else's request starts, or a file of a sync run on another instance, so finds its trace.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from contextvars import Token
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from shared.correlation import current_correlation_id
from shared.errors import NexusError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from opentelemetry.context import Context
    from opentelemetry.trace import Link, Tracer
    from opentelemetry.trace import Span as RecordedSpan

type Kind = Literal["internal", "client", "server"]
type Attributes = Mapping[str, str | bool | int | float | Sequence[str] | None]

_tracer: "Tracer | None" = None
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")


def install(tracer: "Tracer | None") -> None:
    """Where spans go from now on; None turns them off."""
    global _tracer
    _tracer = tracer


def is_on() -> bool:
    return _tracer is not None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asked, by the W3C header `traceparent`: lower case hexadecimal ids, flags 0–255."""

    trace_id: str
    span_id: str
    flags: int


def caller_of(traceparent: str | None) -> Caller | None:
    """None for a header that is missing or not as https://www.w3.org/TR/trace-context/ has it."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    return Caller(match[1], match[2], int(match[3], 16)) if match else None


class Span:
    """As a context manager it is the parent of what begins inside, in this task and those it starts, and ends with the
    block; with the error that leaves it, if one does. A generator, which other tasks may go on with, keeps it by
    `begin` and ends it by `end`."""

    __slots__ = ("_recorded", "_token")

    def __init__(self, recorded: "RecordedSpan | None") -> None:
        self._recorded = recorded
        self._token: Token[Context] | None = None

    def set(self, attributes: Attributes) -> None:
        """What is None is left out."""
        if self._recorded is not None:
            for name, value in attributes.items():
                if value is not None:
                    self._recorded.set_attribute(name, value)

    def failed(self, error_type: str) -> None:
        """`error_type`: a problem's code, or the name of an exception's class."""
        if self._recorded is not None:
            from opentelemetry.trace import StatusCode

            self._recorded.set_attribute("error.type", error_type)
            self._recorded.set_status(StatusCode.ERROR)

    def end(self, error: BaseException | None = None) -> None:
        """Whoever leaves early (cancellation, a generator that is closed) is no error."""
        if self._recorded is None:
            return
        if isinstance(error, Exception):
            self.failed(error.code if isinstance(error, NexusError) else type(error).__name__)
        elif error is not None:
            self.set({"nexus.cancelled": True})
        self._recorded.end()

    def active(self) -> "AbstractContextManager[object]":
        """The parent of what begins inside, without ending."""
        if self._recorded is None:
            return nullcontext()
        from opentelemetry.trace import use_span

        return use_span(self._recorded, end_on_exit=False, record_exception=False, set_status_on_exception=False)

    def __enter__(self) -> Self:
        if self._recorded is not None:
            from opentelemetry.context import attach
            from opentelemetry.trace import set_span_in_context

            self._token = attach(set_span_in_context(self._recorded))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._recorded is not None and self._token is not None:
            from opentelemetry.context import detach

            detach(self._token)
            self.end(error)


NOTHING = Span(None)


def begin(
    name: str, attributes: Attributes | None = None, *, kind: Kind = "internal", caller: Caller | None = None
) -> Span:
    """A span from now on; with `caller` a child of a span elsewhere."""
    if _tracer is None:
        return NOTHING
    from opentelemetry.trace import SpanKind

    context, links = _parent(caller)
    recorded = _tracer.start_span(name, context=context, kind=SpanKind[kind.upper()], links=links)
    span = Span(recorded)
    span.set(attributes or {})
    return span


def _parent(caller: Caller | None) -> "tuple[Context, Sequence[Link]]":
    from opentelemetry.context import Context, get_current
    from opentelemetry.trace import (
        Link,
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        get_current_span,
        set_span_in_context,
    )

    if caller is not None:
        ids = int(caller.trace_id, 16), int(caller.span_id, 16)
        remote = SpanContext(*ids, is_remote=True, trace_flags=TraceFlags(caller.flags))
        return set_span_in_context(NonRecordingSpan(remote), Context()), ()
    current = get_current_span().get_span_context()
    if not current.is_valid:
        return Context(), ()
    correlation_id = current_correlation_id()
    if not correlation_id or correlation_id == f"{current.trace_id:032x}":
        return get_current(), ()
    # work for another id than the one whose task it is in
    return Context(), (Link(current),)


def current_ids() -> dict[str, str]:
    """`trace_id` and `span_id` for a log record; empty outside of any span."""
    if _tracer is None:
        return {}
    from opentelemetry.trace import get_current_span

    ids = get_current_span().get_span_context()
    return {"trace_id": f"{ids.trace_id:032x}", "span_id": f"{ids.span_id:016x}"} if ids.is_valid else {}
