"""Row: uploading a file of 50 MB into a notebook, with what it adds to the memory of the process that receives it.

The stack as `make up` starts it, asked over HTTP. The file is a PDF of one page with a large attachment that cannot be
compressed: it is large to receive, prove and store, and little to read. Memory is the host's own process, in which
worker and app run; extraction has processes of its own. The kernel keeps its highest resident size (VmHWM), which is
set back before each upload.
"""

import asyncio
import io
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from bench.measure import ChildFailed, Spread, versions
from bench.own_stack import own_stack
from bench.rows import Options, Table, figure
from devstack.cli.stack_address import StackAddress

MB = 2**20
FILE_MB = 50
TARGET_MB = 16.0
# Beside the attachment: the limit counts the whole file.
_REST = 16 * 1024
# What was loaded once (SDKs, warm extraction workers) is not an upload's.
_WARM_UP_MB = 1
_READ_WITHIN_S = 120.0
_RESET_PEAK = "5"


@dataclass(frozen=True, slots=True)
class Peak:
    """Bytes: resident before, and the most while the upload was answered, and until the file was ready."""

    idle: int
    received: int
    ready: int
    seconds: float


def run(options: Options) -> Sequence[Table]:
    file_mb = 5 if options.quick else FILE_MB
    uploads = 2 if options.quick else options.rounds
    with tempfile.TemporaryDirectory(prefix="nexus-bench-upload-") as home, own_stack(Path(home)) as stack:
        peaks = asyncio.run(_uploads(stack, file_mb, uploads, options.seed))
    received = Spread.of([(peak.received - peak.idle) / MB for peak in peaks])
    verdict = "kept" if received.high <= TARGET_MB else "missed"
    return [
        Table(
            f"Uploading {file_mb} MB into a notebook, {uploads} times",
            ("upload", "idle, MB", "over idle while received, MB", "over idle until ready, MB", "seconds to 201"),
            tuple(_line(number, peak) for number, peak in enumerate(peaks, start=1)),
            (
                f"highest resident size of the host's process while it receives: median {figure(received.median)} MB "
                f"over idle, at most **{figure(received.high)}** (target ≤ {TARGET_MB:g}: {verdict})",
                f"idle is after an upload of {_WARM_UP_MB} MB; until ready is with handing over and reading by Nexus",
                "a PDF of one page whose attachment cannot be compressed; services on the same machine",
            ),
            versions("azure-functions", "azure-storage-blob", "python-multipart", "uvicorn"),
        )
    ]


def _line(number: int, peak: Peak) -> tuple[str, ...]:
    over = [figure((most - peak.idle) / MB) for most in (peak.received, peak.ready)]
    return (str(number), figure(peak.idle / MB), *over, figure(peak.seconds))


async def _uploads(stack: StackAddress, file_mb: int, uploads: int, seed: int) -> list[Peak]:
    pid = stack.content["pids"]["api"]
    async with await stack.sign_in() as person:
        headers = {"Authorization": f"Bearer {person.access_token}"}
        async with httpx.AsyncClient(base_url=stack.api, headers=headers, timeout=120, trust_env=False) as http:
            await _upload(http, pid, heavy_pdf(_WARM_UP_MB * MB, seed))
            content = heavy_pdf(file_mb * MB, seed)
            return [await _upload(http, pid, content) for _ in range(uploads)]


async def _upload(http: httpx.AsyncClient, pid: int, content: bytes) -> Peak:
    session = (await _told(http, "POST", "notebook/sessions", json={})).json()["id"]
    idle = psutil.Process(pid).memory_info().rss
    forget_peak(pid)
    begun = time.monotonic()
    await _told(http, "POST", f"notebook/sessions/{session}/upload", files={"file": ("heavy.pdf", content)})
    seconds, received = time.monotonic() - begun, peak_bytes(pid)
    while (file := await _file(http, session))["status"] in ("stored", "processing"):
        if time.monotonic() - begun > _READ_WITHIN_S:
            raise ChildFailed(f"the upload was not read within {_READ_WITHIN_S:.0f} s")
        await asyncio.sleep(0.2)
    if file["status"] != "ready":
        raise ChildFailed(f"the upload could not be read: {file['reason']}")
    ready = peak_bytes(pid)
    await _told(http, "DELETE", f"notebook/sessions/{session}")
    return Peak(idle, received, ready, seconds)


async def _file(http: httpx.AsyncClient, session: str) -> dict[str, Any]:
    return (await _told(http, "GET", f"notebook/sessions/{session}/files")).json()["items"][0]


async def _told(http: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
    reply = await http.request(method, f"/api/{path}", **more)
    if not reply.is_success:
        raise ChildFailed(f"{method} {path}: {reply.status_code} {reply.text}")
    return reply


def heavy_pdf(size: int, seed: int) -> bytes:
    """A PDF of one page with text, and of nearly `size` bytes; never above it."""
    page = io.BytesIO()
    canvas = Canvas(page, invariant=1)
    canvas.drawString(72, 760, "The notice period of the agreement is 90 days to the end of a quarter.")
    canvas.save()
    writer = PdfWriter(clone_from=page)
    writer.add_attachment("measurements.bin", random.Random(seed).randbytes(size - _REST))
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def forget_peak(pid: int) -> None:
    """From now on the highest resident size is counted anew. Linux only, as the next one."""
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK, encoding="ascii")


def peak_bytes(pid: int) -> int:
    """The highest resident size of a process since it was last forgotten."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ChildFailed(f"the kernel does not say what process {pid} held at most")
