"""Commands that are wrong, or come too early: one clear message and the right exit code."""

import json
from pathlib import Path

import pytest

from devstack.cli.main import main
from devstack.stack.configuration import MARK


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of a stack that is not up."""
    folder = tmp_path / "home"
    monkeypatch.setenv("NEXUS_HOME", str(folder))
    monkeypatch.delenv("NEXUS_PORT_OFFSET", raising=False)
    return folder


@pytest.fixture
def up(home: Path) -> Path:
    """A home whose stack.json leads to ports where nothing listens."""
    home.mkdir()
    (home / MARK).touch()
    nowhere = "http://127.0.0.1:9"
    content = {
        "api": nowhere,
        "entra": nowhere,
        "graph": nowhere,
        "openai": nowhere,
        "qdrant": nowhere,
        "anthropic": None,
    }
    (home / "stack.json").write_text(json.dumps(content))
    return home


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["ask"],
        ["ask", "why?", "--mode", "oracle"],
        ["library", "add", "HR"],
        ["sharepoint", "mv", "HR", "a.txt"],
        ["sharepoint"],
    ],
)
def test_an_unknown_or_incomplete_command_exits_2(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["token"],
        ["ask", "why?"],
        ["sync"],
        ["library", "add", "X", "--from", "."],
        ["fault", "graph", "[]"],
        ["fault", "--clear"],
        ["doctor"],
    ],
)
def test_a_command_for_a_running_stack_says_that_there_is_none(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert "make up" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["ask", "  "], "no question"),
        (["fault", "graph"], "--clear"),
        (["fault", "graph", "{not json"], "no JSON"),
        (["fault", "graph", "[]", "--clear"], "not both"),
        (["fault", "postgres", "[]"], "graph, entra, openai, qdrant"),
        (["library", "add", "HR", "--from", "no-such-folder"], "is not a folder"),
        (["sharepoint", "put", "HR", "a.txt", "no-such-file"], "does not exist"),
    ],
)
def test_what_cannot_be_meant_exits_2_and_says_why(
    up: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], word: str
) -> None:
    assert main(arguments) == 2
    assert word in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["token"], ["ask", "why?", "--json"], ["sync"], ["sharepoint", "rm", "HR", "a.txt"], ["fault", "graph", "[]"]],
)
def test_a_stack_that_does_not_answer_is_one_sentence_and_exit_1(
    up: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert "no answer" in error or "does not answer" in error


def test_a_part_that_this_stack_has_not_got_is_told(up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fault", "anthropic", "[]"]) == 1
    assert "not part of this stack" in capsys.readouterr().err


def test_every_wrong_setting_is_named_at_once_and_exits_1(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.write_text("a file")
    monkeypatch.setenv("NEXUS_PORT_OFFSET", "many")
    for command in (["up"], ["down"], ["status"], ["ask", "why?"]):
        assert main(command) == 1
        error = capsys.readouterr().err
        assert "NEXUS_PORT_OFFSET" in error
        assert "NEXUS_HOME" in error


def test_a_stack_that_was_never_started_has_no_status_and_nothing_to_stop(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 1
    assert "make up" in capsys.readouterr().err
    assert main(["down"]) == 0
    assert main(["logs"]) == 1
    assert not home.exists()


def test_env_prints_one_json_object_a_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env"]) == 0
    merged: dict[str, str] = {}
    for line in capsys.readouterr().out.splitlines():
        merged |= json.loads(line)
    assert merged["NEXUS_ENV"] == "local"
    assert merged["NEXUS_POSTGRES_URL"].startswith("postgresql://nexus_app:")
    assert merged["NEXUS_MIGRATIONS_POSTGRES_URL"].startswith("postgresql://nexus_owner:")
