"""The edge of what no request waits for, activities and timers: what `shared/web/endpoint.py` is for requests."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from shared import tracing
from shared.correlation import correlated
from shared.runtime import begin_telemetry

log = logging.getLogger(__name__)


class WorkFailed(Exception):
    """All that the platform is told of an unexpected error: it writes exceptions into its own log, and the durable
    extension into its history, as they are (S20)."""


@contextmanager
def background_work(name: str, correlation_id: str, **fields: object) -> Generator[tracing.Span]:
    """Everything logged inside carries `correlation_id`: a sync run's id, or one of its own; so does its span. An
    error is logged here, redacted and with `fields`, and raised again as WorkFailed."""
    begin_telemetry()
    told = {f"nexus.{field}": str(value) for field, value in fields.items()}
    with correlated(correlation_id):
        try:
            with tracing.begin(name, told) as span:
                yield span
        except Exception as error:
            log.error("%s failed", name, exc_info=error, extra={"work": name, **fields})
            raise WorkFailed(f"{name} failed; the logs know it as {correlation_id}") from None
