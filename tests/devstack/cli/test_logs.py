"""Logs: of one part or of all, and what is added to them."""

from pathlib import Path

import pytest

from devstack.cli.logs import added, show_logs
from devstack.stack.failures import UsageError
from devstack.stack.local_stack import LocalStack


@pytest.fixture
def stack(tmp_path: Path) -> LocalStack:
    made = LocalStack({"NEXUS_HOME": str(tmp_path / "home")})
    made.addresses()
    made.log("api").write_text("api one\napi two\n")
    made.log("blob").write_text("blob one\n")
    return made


def test_all_logs_have_their_parts_name_before_each_line(stack: LocalStack, capsys: pytest.CaptureFixture[str]) -> None:
    show_logs(stack, None, follow=False)
    assert capsys.readouterr().out.splitlines() == ["api  | api one", "api  | api two", "blob | blob one"]


@pytest.mark.parametrize("name", ["api", "functions"])
def test_one_log_is_shown_as_it_is(stack: LocalStack, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    show_logs(stack, name, follow=False)
    assert capsys.readouterr().out == "api one\napi two\n"


def test_an_unknown_log_is_answered_with_those_there_are(stack: LocalStack) -> None:
    with pytest.raises(UsageError, match="api, blob"):
        show_logs(stack, "mainframe", follow=False)


def test_only_whole_lines_are_followed_and_a_log_begun_anew_from_its_start(stack: LocalStack) -> None:
    log = stack.log("api")
    positions = {log: log.stat().st_size}
    with log.open("a") as sink:
        sink.write("three\nfour, unfin")
    assert list(added(log, positions)) == ["three"]
    with log.open("a") as sink:
        sink.write("ished\n")
    assert list(added(log, positions)) == ["four, unfinished"]
    log.write_text("new\n")
    assert list(added(log, positions)) == ["new"]
    log.unlink()
    assert list(added(log, positions)) == []
