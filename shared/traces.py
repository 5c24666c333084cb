"""An exception as a log may hold it: every frame and every type of its chain, but only messages that quote no data.

Python and its libraries put values into messages ("invalid literal for int(): 'what was typed'", PostgreSQL's
"Failing row contains (…)"), and a value may be a question or a document (S20). So a message is kept only of errors
whose words are known to be about the machine; of all others the type, the place and the error's own codes remain.
"""

from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb

from shared.domain.redaction import one_line, redacted
from shared.errors import NexusError

_ROOT = f"{Path(__file__).parent.parent}/"
_MOST_ERRORS, _MOST_FRAMES, _MOST_CHARACTERS = 8, 25, 300

# They name attributes, types, hosts, error numbers.
_TELLING = (AttributeError, ImportError, NameError, TypeError, NexusError, NotImplementedError, RecursionError, OSError)
_TELLING_LIBRARIES = frozenset({"redis", "httpx", "httpcore", "httpx2", "httpcore2", "aiohttp", "ssl"})
# What asyncpg, httpx and the SDKs say beside the message; names of tables and constraints, never their content.
_CODES = ("sqlstate", "table_name", "column_name", "constraint_name", "status_code", "code")


def trace_of(error: BaseException) -> str:
    """Several lines: the first cause first, each error with its frames, the innermost last."""
    return "\n".join(line for link in reversed(list(_chain(error))) for line in _lines(link))


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    seen: set[int] = set()
    while found is not None and id(found) not in seen and len(seen) < _MOST_ERRORS:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _lines(error: BaseException) -> Iterator[str]:
    yield _headline(error)
    frames = [
        f"  {_shown(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    if len(frames) > _MOST_FRAMES:
        yield f"  … {len(frames) - _MOST_FRAMES} frames"
    yield from frames[-_MOST_FRAMES:]
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions[:_MOST_ERRORS]:
            yield f"  + {_headline(inner)}"


def _headline(error: BaseException) -> str:
    kind = type(error)
    codes = [f"{name} {value}" for name in _CODES if isinstance(value := getattr(error, name, None), str | int)]
    told = f" ({', '.join(codes)})" if codes else ""
    if isinstance(error, _TELLING) or kind.__module__.partition(".")[0] in _TELLING_LIBRARIES:
        told += f": {error}"
    return one_line(f"{kind.__name__}{redacted(told)}", _MOST_CHARACTERS)


def _shown(file: str) -> str:
    """Without the machine's own folders."""
    _, library, rest = file.rpartition("/site-packages/")
    return rest if library else file.removeprefix(_ROOT)
