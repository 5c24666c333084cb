"""The row `upload`: what it sends is a file as large as it says, and what it reads is a process's highest memory."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from bench.upload import MB, forget_peak, heavy_pdf, peak_bytes

# Holds and frees 60 MB, says so, and waits to be told to go on.
HOLDS = "held = bytearray(60_000_000); del held; print(flush=True); input()"


def test_the_file_is_nearly_as_large_as_asked_for_and_never_larger() -> None:
    content = heavy_pdf(2 * MB, seed=3)
    assert 1.9 * MB < len(content) <= 2 * MB
    assert "90 days" in PdfReader(io.BytesIO(content)).pages[0].extract_text()
    assert content == heavy_pdf(2 * MB, seed=3)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the kernel keeps no peak here")
def test_a_peak_is_seen_after_it_has_passed_and_forgotten_when_told() -> None:
    command = [sys.executable, "-S", "-c", HOLDS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert peak_bytes(process.pid) > 60_000_000
        forget_peak(process.pid)
        assert peak_bytes(process.pid) < 40_000_000
        process.communicate(b"\n")
