"""The Makefile: what is typed after `make` reaches the program as it was typed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# Stands in for the Python of .venv: writes down how it was called.
RECORDER = """#!/bin/sh
for argument in "$@"; do printf '%s\\0' "$argument"; done > "$RECORD"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile in a folder where the bootstrap does nothing and `.venv/bin/python` only records."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    shutil.copy(ROOT / "Makefile", tmp_path)
    script = tmp_path / "devstack" / "stack" / "bootstrap.sh"
    script.parent.mkdir(parents=True)
    script.write_text("exit 0\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(RECORDER)
    python.chmod(0o755)
    return tmp_path


def arguments_of(checkout: Path, *words: str) -> list[str]:
    record = checkout / "record"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=checkout,
        env=environment | {"RECORD": str(record)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return record.read_bytes().decode().split("\0")[:-1]


@pytest.mark.parametrize(
    "question",
    [
        "How many weeks of parental leave do I get?",
        "What's the company's policy on \"overtime\"?",
        "Does $5 buy $(shell echo lunch) or `date`; rm -rf x & y | z > w?",
        "100 % of ${HOME} # and a \\ backslash",
        "Wie viele Urlaubstage habe ich – und wofür?",
        "--json",
    ],
)
def test_a_question_arrives_as_it_was_typed(checkout: Path, question: str) -> None:
    arguments = arguments_of(checkout, "ask", f"q={question}")
    assert arguments == ["-m", "devstack", "ask", "--user", "alice", "--mode", "rag", "--", question], json.dumps(
        arguments
    )


def test_user_and_mode_are_handed_on(checkout: Path) -> None:
    arguments = arguments_of(checkout, "ask", "q=x", "user=bob", "mode=assistant")
    assert arguments[3:7] == ["--user", "bob", "--mode", "assistant"]


def test_logs_are_of_one_part_or_of_all(checkout: Path) -> None:
    assert arguments_of(checkout, "logs") == ["-m", "devstack", "logs", "--follow"]
    assert arguments_of(checkout, "logs", "s=graph") == ["-m", "devstack", "logs", "--follow", "graph"]


def test_doctor_compares_everything(checkout: Path) -> None:
    assert arguments_of(checkout, "doctor") == ["-m", "devstack", "doctor"]


def test_make_alone_starts_the_stack(checkout: Path) -> None:
    assert arguments_of(checkout) == ["-m", "devstack", "up"]
