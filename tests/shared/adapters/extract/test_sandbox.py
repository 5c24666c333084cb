import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import openpyxl
import psutil
import pytest

from shared.adapters.extract.protocol import Limits
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.extract.worker_process import WorkerProcess
from shared.errors import ExtractionFailed, Unavailable

_PATIENCE_S = 90.0
_ROOT = Path(__file__).resolve().parents[4]


def _workers() -> list[psutil.Process]:
    """Of this process only: a functions host that other tests keep running has workers of its own."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children():
        try:
            if "shared.adapters.extract.worker" in child.cmdline():
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


async def _until[T](look: Callable[[], T]) -> T:
    """The first true answer."""
    deadline = time.monotonic() + _PATIENCE_S
    while not (answer := look()):
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.005)
    return answer


def _text(folder: Path, name: str = "a.txt", text: str = "A short text about leave.") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _slow_file(folder: Path) -> Path:
    """Takes the worker many seconds: tables in a page, each with many cells."""
    return _text(folder, "slow.html", "<table><tr><td>word<td>1</tr></table>" * 250_000)


async def _reason(sandbox: ExtractionSandbox, path: Path) -> str:
    with pytest.raises(ExtractionFailed) as raised:
        await sandbox.extract(path, path.name)
    assert raised.value.detail.endswith(".")
    return raised.value.reason_code


async def test_a_worker_stays_warm_for_the_next_document(sandbox: ExtractionSandbox, tmp_path: Path) -> None:
    path = _text(tmp_path)
    assert (await sandbox.extract(path, "a.txt")).blocks[0].text == "A short text about leave."
    first = [worker.pid for worker in _workers()]
    await sandbox.extract(path, "a.txt")
    assert [worker.pid for worker in _workers()] == first


async def test_the_memory_of_the_parent_is_not_taken_for_the_workers(tmp_path: Path) -> None:
    program = f"""
        import asyncio
        from pathlib import Path
        import psutil
        from shared.adapters.extract.sandbox import ExtractionSandbox
        from shared.errors import ExtractionFailed

        async def main():
            ballast = b"x" * 700_000_000
            sandbox = ExtractionSandbox(workers=1)
            for _ in range(2):
                await sandbox.extract(Path({str(_text(tmp_path))!r}), "a.txt")
            try:
                await sandbox.extract(Path({str(tmp_path / "gone.txt")!r}), "gone.txt")
            except ExtractionFailed as failure:
                print(failure.reason_code, len(psutil.Process().children()))
            await sandbox.close()

        asyncio.run(main())
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(program), cwd=_ROOT, stdout=subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), _PATIENCE_S)
    assert output.split() == [b"corrupt", b"1"], "a worker was thought to be worn, or starved"


async def test_a_document_that_hangs_is_ended_and_the_next_is_read(tmp_path: Path) -> None:
    sandbox = ExtractionSandbox(workers=1, limits=Limits(wall_s=1.0))
    try:
        assert await _reason(sandbox, _slow_file(tmp_path)) == "limits_exceeded"
        assert (await sandbox.extract(_text(tmp_path), "a.txt")).file_type == "txt"
    finally:
        await sandbox.close()


async def test_cpu_time_is_counted_for_each_document_anew(tmp_path: Path) -> None:
    sandbox = ExtractionSandbox(workers=1, limits=Limits(cpu_s=1, wall_s=_PATIENCE_S))
    try:
        assert await _reason(sandbox, _slow_file(tmp_path)) == "limits_exceeded"
        for _ in range(3):
            assert (await sandbox.extract(_text(tmp_path), "a.txt")).file_type == "txt"
    finally:
        await sandbox.close()


async def test_a_sheet_with_two_cells_a_million_rows_apart_costs_one_document(
    sandbox: ExtractionSandbox, tmp_path: Path
) -> None:
    path = tmp_path / "sparse.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "first", "last"
    book.save(path)
    assert await _reason(sandbox, path) == "limits_exceeded"
    assert (await sandbox.extract(_text(tmp_path), "a.txt")).file_type == "txt"


async def test_more_text_than_allowed_is_refused_in_the_worker_and_on_the_pipe(tmp_path: Path) -> None:
    path = _text(tmp_path, text="word " * 10_000)
    for limits in (Limits(max_characters=1_000), Limits(max_reply_bytes=1_000)):
        sandbox = ExtractionSandbox(workers=1, limits=limits)
        try:
            assert await _reason(sandbox, path) == "limits_exceeded"
            assert (await sandbox.extract(_text(tmp_path, "b.txt"), "b.txt")).file_type == "txt"
        finally:
            await sandbox.close()


@pytest.mark.parametrize(("ending", "reason"), [(signal.SIGSEGV, "corrupt"), (signal.SIGKILL, "limits_exceeded")])
async def test_a_reader_that_dies_costs_one_document(
    sandbox: ExtractionSandbox, tmp_path: Path, ending: signal.Signals, reason: str
) -> None:
    reading = asyncio.create_task(_reason(sandbox, _slow_file(tmp_path)))
    worker = (await _until(_workers))[0]
    await _until(lambda: worker.cpu_times().user > 0.9)  # past its start, at work on the file
    worker.send_signal(ending)
    assert await reading == reason
    assert (await sandbox.extract(_text(tmp_path), "a.txt")).file_type == "txt"


async def test_a_crash_in_a_used_worker_is_tried_again_in_a_fresh_one(
    sandbox: ExtractionSandbox, tmp_path: Path
) -> None:
    await sandbox.extract(_text(tmp_path), "a.txt")
    worker = _workers()[0]
    busy = worker.cpu_times().user
    big = _text(tmp_path, "big.txt", "Some words of a long text.\n\n" * 200_000)
    reading = asyncio.create_task(sandbox.extract(big, "big.txt"))
    await _until(lambda: worker.cpu_times().user > busy)
    worker.send_signal(signal.SIGSEGV)
    assert len((await reading).blocks) == 200_000


async def test_a_worn_worker_works_on_until_its_successor_is_ready_and_ends_then(tmp_path: Path) -> None:
    sandbox = ExtractionSandbox(workers=1, documents_per_worker=2)
    try:
        await sandbox.extract(_text(tmp_path), "a.txt")
        first = _workers()[0].pid
        for _ in range(3):
            assert (await sandbox.extract(_text(tmp_path), "a.txt")).file_type == "txt"
        await _until(lambda: [worker.pid for worker in _workers() if worker.pid != first])
        await _until(lambda: first not in [worker.pid for worker in _workers()])
        assert (await sandbox.extract(_text(tmp_path), "a.txt")).file_type == "txt"
    finally:
        await sandbox.close()
    assert _workers() == []


async def test_closing_waits_for_a_worn_worker_that_is_being_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in a whole run: its process was left to whoever came after the event loop."""
    kill, ending = WorkerProcess.kill, asyncio.Event()

    async def slow_at_first(worker: WorkerProcess) -> None:
        if not ending.is_set():
            ending.set()
            await asyncio.Event().wait()
        await kill(worker)

    sandbox = ExtractionSandbox(workers=1, documents_per_worker=1)
    await sandbox.extract(_text(tmp_path), "a.txt")
    monkeypatch.setattr(WorkerProcess, "kill", slow_at_first)
    await asyncio.wait_for(ending.wait(), _PATIENCE_S)
    await sandbox.close()
    assert _workers() == []


async def test_no_more_workers_than_allowed_run_at_once(tmp_path: Path) -> None:
    sandbox = ExtractionSandbox(workers=2)
    seen = 0

    async def watch() -> None:
        nonlocal seen
        while True:
            seen = max(seen, len(_workers()))
            await asyncio.sleep(0.01)

    watching = asyncio.create_task(watch())
    try:
        paths = [_text(tmp_path, f"{number}.txt", f"Text number {number}.") for number in range(8)]
        results = await asyncio.gather(*(sandbox.extract(path, path.name) for path in paths))
        assert [result.blocks[0].text for result in results] == [f"Text number {number}." for number in range(8)]
        assert 1 <= seen <= 2, "the second one starts only while the first is busy"
    finally:
        watching.cancel()
        await sandbox.close()


async def test_cancelling_kills_the_worker_and_leaves_no_zombie(sandbox: ExtractionSandbox, tmp_path: Path) -> None:
    reading = asyncio.create_task(sandbox.extract(_slow_file(tmp_path), "slow.html"))
    worker = (await _until(_workers))[0]
    await _until(lambda: worker.cpu_times().user > 0.9)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not worker.is_running()
    assert (await sandbox.extract(_text(tmp_path), "a.txt")).file_type == "txt"


async def test_closing_ends_everything_also_what_is_being_read(tmp_path: Path) -> None:
    sandbox = ExtractionSandbox(workers=2)
    await sandbox.extract(_text(tmp_path), "a.txt")
    reading = asyncio.create_task(sandbox.extract(_slow_file(tmp_path), "slow.html"))
    await asyncio.sleep(0)
    await sandbox.close()
    with pytest.raises(Unavailable):
        await reading
    assert _workers() == []
    with pytest.raises(Unavailable):
        await sandbox.extract(_text(tmp_path), "a.txt")


async def test_a_file_that_is_gone_is_one_failure(sandbox: ExtractionSandbox, tmp_path: Path) -> None:
    assert await _reason(sandbox, tmp_path / "gone.txt") == "corrupt"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the environment of a process from /proc")
async def test_the_worker_inherits_no_secret(
    sandbox: ExtractionSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXUS_OPENAI_API_KEY", "canary-5f2c")
    await sandbox.extract(_text(tmp_path), "a.txt")
    assert "canary-5f2c" not in Path(f"/proc/{_workers()[0].pid}/environ").read_text()


def test_it_works_on_an_event_loop_outside_the_main_thread(tmp_path: Path) -> None:
    async def use() -> str:
        sandbox = ExtractionSandbox(workers=1)
        try:
            return (await sandbox.extract(_text(tmp_path), "a.txt")).file_type
        finally:
            await sandbox.close()

    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(asyncio.run(use())))
    thread.start()
    thread.join(_PATIENCE_S)
    assert results == ["txt"]


async def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    program = f"""
        import asyncio, os
        from pathlib import Path
        import psutil
        from shared.adapters.extract.sandbox import ExtractionSandbox

        async def main():
            sandbox = ExtractionSandbox(workers=1)
            await sandbox.extract(Path({str(_text(tmp_path))!r}), "a.txt")
            print([child.pid for child in psutil.Process().children()][0], flush=True)
            os._exit(1)

        asyncio.run(main())
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(program), cwd=_ROOT, stdout=subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), _PATIENCE_S)
    orphan = int(output)
    await _until(lambda: not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE)


def test_replies_survive_the_pipe_whatever_the_text() -> None:
    from shared.adapters.extract.protocol import LENGTH, Reply, encode
    from shared.domain.extracted import Block, Extracted

    reply = Reply(Extracted("txt", "t", 1, (Block("paragraph", "𝔘 ü\ufffd"),), "de", {"a": "b"}), None, os.getpid())
    message = encode(reply)
    assert LENGTH.unpack(message[:4])[0] == len(message) - 4
    assert msgspec.msgpack.decode(message[4:], type=Reply) == reply
