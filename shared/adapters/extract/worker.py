"""`python -m shared.adapters.extract.worker`: reads one file after the other until standard input closes.

It runs parsers over files that strangers wrote, so it limits itself first, has no secrets in its environment and
expects to be killed at any moment. Only the sandbox starts it.
"""

import gc
import logging
import os
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import BinaryIO, get_args

import msgspec

from shared.adapters.extract.language import warm_up
from shared.adapters.extract.protocol import LENGTH, Limits, Reply, Request, encode
from shared.adapters.extract.reading import read
from shared.adapters.extract.sniff import sniff
from shared.domain.extracted import Extracted, ExtractionFailure, ReasonCode
from shared.errors import ExtractionFailed

_log = logging.getLogger(__name__)
_ORPHAN_GRACE_S = 5
_NEARLY_ALL = 0.6
_STATUS = Path("/proc/self/status")


def main() -> None:
    requests, replies = sys.stdin.buffer, _private_stdout()
    logging.disable(logging.CRITICAL)  # parsers quote the document in what they log
    warnings.simplefilter("ignore")
    warm_up()
    gc.disable()  # parsers make millions of objects and few cycles: collected between documents instead
    gc.freeze()
    _forbid_files_and_dumps()
    _send(replies, Reply(peak_bytes=_peak_bytes()))
    while (request := _receive(requests)) is not None:
        _restrict(request.limits)
        reply = _answer(request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(replies, reply)
        del reply
        gc.collect()


def _answer(request: Request) -> Reply:
    limits = request.limits
    extracted: Extracted | None = None
    failure: ExtractionFailure | None = None
    try:
        path = Path(request.path)
        if request.type_only:
            file_type = sniff(path, request.file_name, max_bytes=limits.max_file_bytes)
            extracted = Extracted(file_type, None, None, ())
        else:
            extracted = read(
                path, request.file_name, max_bytes=limits.max_file_bytes, max_characters=limits.max_characters
            )
    except ExtractionFailed as error:
        failure = ExtractionFailure.of(_known(error.reason_code), error.detail)
    except (MemoryError, RecursionError):
        failure = ExtractionFailure.of("limits_exceeded")
    except Exception:  # noqa: BLE001  the process is the boundary: whatever a parser raises, the file is at fault
        # Libraries written in C tell of exhausted memory in errors of their own.
        starved = _peak_bytes() > limits.memory_bytes * _NEARLY_ALL
        failure = ExtractionFailure.of("limits_exceeded" if starved else "corrupt")
    return Reply(extracted, failure, _peak_bytes())


def _known(code: str) -> ReasonCode:
    return next((known for known in get_args(ReasonCode.__value__) if known == code), "corrupt")


def _restrict(limits: Limits) -> None:
    """Per document: CPU time counts over the life of a process, so the limit moves along with it."""
    _lower(resource.RLIMIT_AS, limits.memory_bytes)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + limits.cpu_s)
    # Should the parent be gone, nobody else would end a parser that sleeps.
    signal.setitimer(signal.ITIMER_REAL, limits.wall_s + _ORPHAN_GRACE_S)


def _forbid_files_and_dumps() -> None:
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, value: int) -> None:
    """The soft limit only, which can be moved again; macOS refuses some, there the parent watches memory."""
    _, hard = resource.getrlimit(kind)
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (wanted, hard))
    except (ValueError, OSError) as error:
        _log.debug("resource limit %s is not available here: %s", kind, error)


def _peak_bytes() -> int:
    """Of this program alone: Linux hands ru_maxrss of whoever started a process on to it through exec, so under a
    parent of 700 MB every worker would look worn from its first breath."""
    if sys.platform == "linux":
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _private_stdout() -> BinaryIO:
    """Libraries that print must not write into the replies: descriptor 1 becomes the null device."""
    replies = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return replies


def _receive(requests: BinaryIO) -> Request | None:
    head = requests.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return msgspec.msgpack.decode(requests.read(LENGTH.unpack(head)[0]), type=Request)


def _send(replies: BinaryIO, reply: Reply) -> None:
    replies.write(encode(reply))
    replies.flush()


if __name__ == "__main__":
    main()
