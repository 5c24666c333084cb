"""The id that ties together all that is logged about one request, run or piece of background work."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("correlation_id", default="")


def current_correlation_id() -> str:
    """Empty outside of any work."""
    return _current.get()


@contextmanager
def correlated(correlation_id: str) -> Generator[None]:
    """Every record of this task, and of the tasks and threads that it starts, carries `correlation_id`."""
    token = _current.set(correlation_id)
    try:
        yield
    finally:
        _current.reset(token)
