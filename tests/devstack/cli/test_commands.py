"""The commands against a fake Nexus: what they ask of it, what they print, how they end."""

import json
from pathlib import Path
from typing import Any

import pytest

from devstack.cli.main import main
from devstack.cli.syncing import summed
from tests.devstack.cli.fake_nexus import FakeNexus

pytestmark = pytest.mark.usefixtures("stack_up")

META = 'id: r:1\nevent: meta\ndata: {"conversation_id": "c-1", "run_id": "r", "correlation_id": "abc"}\n\n'
TOKENS = 'id: r:2\ndata: {"token": "Twenty "}\n\n: ping\n\ndata: {"token": "days [1]"}\n\n'
SOURCE = {"n": 1, "file_name": "Leave.pdf", "file_url": "https://x/Leave.pdf"}


def done(status: str = "complete", *, supported: bool = True) -> str:
    body = {"done": True, "message_id": "m", "status": status, "usage": {"input_tokens": 3, "output_tokens": 2}}
    body |= {"sources": [SOURCE] if supported else [], "supported": supported}
    return f"data: {json.dumps(body)}\n\n"


def last_line(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_ask_prints_the_answer_and_then_its_sources(nexus: FakeNexus, capsys: pytest.CaptureFixture[str]) -> None:
    nexus.events = META + TOKENS + done()
    assert main(["ask", "How many days?", "--mode", "assistant"]) == 0
    assert capsys.readouterr().out == "Twenty days [1]\n\nSources:\n[1] Leave.pdf - https://x/Leave.pdf\n"
    assert nexus.bodies("POST", "/conversations") == [{"mode": "assistant"}]
    assert [body for _, path, body in nexus.asked if path.endswith("/messages")] == [{"content": "How many days?"}]


def test_sources_that_the_answer_ends_with_are_not_printed_twice(
    nexus: FakeNexus, capsys: pytest.CaptureFixture[str]
) -> None:
    appended = json.dumps({"token": "\n\nSources:\n[1] Leave.pdf - https://x/Leave.pdf"})
    nexus.events = META + TOKENS + f"data: {appended}\n\n" + done()
    assert main(["ask", "How many days?"]) == 0
    assert capsys.readouterr().out.count("[1] Leave.pdf") == 1


def test_ask_as_json_ends_with_the_whole_answer(nexus: FakeNexus, capsys: pytest.CaptureFixture[str]) -> None:
    nexus.events = META + TOKENS + done()
    assert main(["ask", "How many days?", "--json"]) == 0
    answer = last_line(capsys)
    assert answer["answer"] == "Twenty days [1]"
    assert answer["sources"] == [SOURCE]
    assert answer["supported"] is True
    assert answer["status"] == "complete"
    assert answer["usage"] == {"input_tokens": 3, "output_tokens": 2}
    assert answer["conversation_id"] == "c-1"


def test_an_unsupported_answer_says_so(nexus: FakeNexus, capsys: pytest.CaptureFixture[str]) -> None:
    nexus.events = META + done(supported=False)
    assert main(["ask", "How many days?"]) == 0
    assert "do not support" in capsys.readouterr().err


def test_a_failed_run_is_told_with_its_reason_and_correlation_id(
    nexus: FakeNexus, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = {"status": 503, "detail": "The model does not answer.", "correlation_id": "f00d"}
    nexus.events = META + f"event: error\ndata: {json.dumps(problem)}\n\n" + done("failed")
    assert main(["ask", "How many days?", "--json"]) == 1
    captured = capsys.readouterr()
    assert "The model does not answer." in captured.err
    assert "f00d" in captured.err
    assert json.loads(captured.out.splitlines()[-1])["error"] == problem


def test_a_stream_that_is_cut_is_a_failure(nexus: FakeNexus, capsys: pytest.CaptureFixture[str]) -> None:
    nexus.events = META + TOKENS
    assert main(["ask", "How many days?"]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("Twenty days [1]")
    assert "abc" in captured.err


def test_a_refusal_of_the_api_is_one_sentence_with_the_correlation_id(
    nexus: FakeNexus, capsys: pytest.CaptureFixture[str]
) -> None:
    nexus.ask_refusal = {
        "status": 429,
        "detail": "Too many questions.",
        "code": "rate_limited",
        "correlation_id": "cafe",
    }
    assert main(["ask", "How many days?"]) == 1
    error = capsys.readouterr().err
    assert "Too many questions." in error
    assert "cafe" in error


def test_somebody_who_may_not_sign_in_is_told_why(nexus: FakeNexus, capsys: pytest.CaptureFixture[str]) -> None:
    nexus.refused_users = ("mallory",)
    assert main(["token", "--user", "mallory"]) == 1
    assert "not assigned" in capsys.readouterr().err


def test_token_prints_the_token_and_nothing_else(nexus: FakeNexus, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--user", "bob"]) == 0
    assert capsys.readouterr().out == "token-of-bob\n"


def test_a_library_is_uploaded_and_registered_with_a_scope_that_is_found_or_made(
    nexus: FakeNexus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nexus.departments = [{"id": str(number), "name": f"Department {number}"} for number in range(4)]
    nexus.departments.append({"id": "hr", "name": "HR"})
    folder = tmp_path / "documents"
    (folder / "Policies").mkdir(parents=True)
    (folder / "Policies" / "Leave.md").write_text("Twenty days.")
    assert main(["library", "add", "People", "--from", str(folder), "--department", "hr", "--country", "de"]) == 0
    printed = last_line(capsys)
    assert printed["files"] == 1
    assert printed["id"] == nexus.libraries[0]["id"]
    registered = nexus.bodies("POST", "/admin/libraries")[0]
    assert registered["department_id"] == "hr"
    assert registered["library_url"] == printed["library_url"]
    assert nexus.countries == [{"id": registered["country_id"], "code": "DE", "name": "Germany"}]
    assert nexus.bodies("POST", "/admin/departments") == []


def test_a_library_that_is_registered_already_gets_the_new_scope(
    nexus: FakeNexus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    assert main(["library", "add", "People", "--from", str(folder)]) == 0
    first = last_line(capsys)
    assert main(["library", "add", "People", "--from", str(folder), "--department", "HR"]) == 0
    assert last_line(capsys)["id"] == first["id"]
    assert len(nexus.libraries) == 1
    assert nexus.libraries[0]["department_id"] == nexus.departments[0]["id"]


def test_a_country_can_only_be_made_by_its_code(nexus: FakeNexus, tmp_path: Path) -> None:
    assert main(["library", "add", "People", "--from", str(tmp_path), "--country", "Atlantis"]) == 2
    assert nexus.libraries == []


def test_files_change_as_a_sharepoint_user_would_change_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = tmp_path / "documents", tmp_path / "new.txt"
    folder.mkdir()
    file.write_text("hello")
    assert main(["library", "add", "People", "--from", str(folder)]) == 0
    assert main(["sharepoint", "mkdir", "People", "A"]) == 0
    assert last_line(capsys)["kind"] == "folder"
    assert main(["sharepoint", "put", "People", "A/new.txt", str(file)]) == 0
    put = last_line(capsys)
    assert (put["path"], put["size"]) == ("A/new.txt", 5)
    assert main(["sharepoint", "mv", "People", "A/new.txt", "A/old.txt"]) == 0
    assert last_line(capsys) == put | {"path": "A/old.txt", "web_url": put["web_url"].replace("new", "old")}
    assert main(["sharepoint", "rm", "People", "A"]) == 0
    assert put["id"] in last_line(capsys)["deleted"]
    assert main(["sharepoint", "rm", "People", "A"]) == 1
    assert "refused" in capsys.readouterr().err


def test_sync_waits_for_the_run_and_prints_it(nexus: FakeNexus, capsys: pytest.CaptureFixture[str]) -> None:
    nexus.libraries = [{"id": str(number), "name": f"Library {number}"} for number in range(3)]
    running, complete = (
        {"id": "run-1", "status": "running", "seen": 1},
        {"id": "run-1", "status": "complete", "seen": 2},
    )
    nexus.runs = [running, complete]
    assert main(["sync", "library 2", "--full"]) == 0
    assert last_line(capsys) == complete
    assert nexus.bodies("POST", "/admin/libraries/2/sync") == [{"full": True}]


def test_a_failed_sync_prints_the_run_and_exits_1(nexus: FakeNexus, capsys: pytest.CaptureFixture[str]) -> None:
    nexus.libraries = [{"id": "1", "name": "HR"}]
    nexus.runs = [{"id": "run-1", "status": "failed", "error_message": "Graph is gone."}]
    assert main(["sync", "HR"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out.splitlines()[-1])["status"] == "failed"
    assert "Graph is gone." in captured.err


def test_documents_that_could_not_be_read_are_named(nexus: FakeNexus, capsys: pytest.CaptureFixture[str]) -> None:
    nexus.libraries = [{"id": "1", "name": "HR"}]
    nexus.runs = [{"id": "run-1", "status": "complete", "seen": 2, "failed": 1}]
    assert main(["sync"]) == 0
    captured = capsys.readouterr()
    assert "broken.pdf: It is damaged." in captured.err
    assert json.loads(captured.out.splitlines()[-1])["failed"] == 1


def test_a_library_that_nexus_does_not_have_is_answered_with_those_it_has(
    nexus: FakeNexus, capsys: pytest.CaptureFixture[str]
) -> None:
    nexus.libraries = [{"id": "1", "name": "HR"}]
    assert main(["sync", "Finance"]) == 2
    assert "It has: HR." in capsys.readouterr().err


def test_several_runs_are_summed_up_with_the_worst_status() -> None:
    runs = [{"status": "complete", "seen": 2, "added": 1}, {"status": "failed", "seen": 3, "added": None}]
    total = summed(runs)
    assert (total["status"], total["seen"], total["added"]) == ("failed", 5, 1)
    assert total["runs"] == runs
    assert summed(runs[:1])["status"] == "complete"


def test_faults_are_set_and_cleared_and_wrong_ones_refused(capsys: pytest.CaptureFixture[str]) -> None:
    rule = {"match": {"path": "/v1.0/*"}, "then": {"status": 503}, "times": 2}
    assert main(["fault", "graph", json.dumps(rule)]) == 0
    assert last_line(capsys)["rules"][0]["then"] == {"status": 503}
    assert main(["fault", "graph", '[{"then": {"stauts": 503}}]']) == 2
    assert "stauts" in capsys.readouterr().err
    assert main(["fault", "graph", "--clear"]) == 0
    assert last_line(capsys) == {"rules": []}
