"""Alerts and workbook ask for what the app really logs, and each alert has somebody to tell and a page that says what
to do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.domain.events import RunStatus
from shared.logs import FIELDS
from tests.infra.checker.files import Kind, load
from tests.infra.checker.values import Values
from tests.infra.templates import BICEP, ROOT

QUERIES = sorted((BICEP / "queries").glob("*.kql"))
SOURCES = "\n".join(
    path.read_text("utf-8") for folder in ("functions", "shared") for path in sorted((ROOT / folder).rglob("*.py"))
)


def workbook() -> list[str]:
    items = json.loads((BICEP / "workbook.json").read_text("utf-8"))["items"]
    return [item["content"]["query"] for item in items if item["type"] == 3]


def asked() -> list[tuple[str, str]]:
    return [(path.stem, path.read_text("utf-8")) for path in QUERIES] + [
        (f"workbook {number}", query) for number, query in enumerate(workbook())
    ]


def alerts(kind: str) -> list[dict[str, Any]]:
    template = load(BICEP / "modules/alerts.bicep")
    known = {name: f"<{name}>" for name in template.of(Kind.PARAMETER)}
    known |= {"memoryMb": 2048, "postgresConnections": 859, "syncBehindHours": 3}
    return Values(template, known).variable(kind)


@pytest.mark.parametrize(("name", "query"), asked(), ids=[name for name, _ in asked()])
def test_every_message_that_is_looked_for_is_one_that_the_app_writes(name: str, query: str) -> None:
    wanted = re.findall(r'message (?:==|startswith) "([^"]+)"', query)
    assert (
        wanted
        or name in ("nexus-log", "sign-ins-refused", "models-throttled")
        or "nexus.access" in query
        or ("SeverityLevel" in query)
    )
    for message in wanted:
        assert f'"{message}' in SOURCES, f"{name}: nothing logs {message!r}"


@pytest.mark.parametrize(("name", "query"), asked(), ids=[name for name, _ in asked()])
def test_every_field_that_is_read_is_one_that_may_be_logged(name: str, query: str) -> None:
    assert set(re.findall(r"\bfields\.(\w+)", query)) - FIELDS == set(), name


def test_outcomes_results_and_codes_are_those_of_the_code() -> None:
    failing = (BICEP / "queries/answers-failing.kql").read_text()
    named = re.search(r"outcome in \(([^)]*)\)", failing)
    assert named is not None
    assert set(re.findall(r'"(\w+)"', named.group(1))) <= {status.value for status in RunStatus}
    for query in ("models-throttled", "documents-failing", "sync-behind"):
        for value in re.findall(r'== "(\w+)"', (BICEP / f"queries/{query}.kql").read_text()):
            assert f'"{value}"' in SOURCES, f"{query}: {value}"


def test_every_query_is_used() -> None:
    loaded = {
        Path(name).stem
        for path in BICEP.rglob("*.bicep")
        for name in re.findall(r"loadTextContent\('([^']+\.kql)'\)", path.read_text())
    }
    assert loaded == {path.stem for path in QUERIES}


def test_a_log_alert_compares_what_its_query_gives() -> None:
    for alert in alerts("logAlerts"):
        query = alert["query"]
        assert re.search(rf"\b{alert['column']}\b", query), alert["name"]
        if alert["dimension"]:
            assert re.search(rf"\b{alert['dimension']}\b", query), alert["name"]
        assert alert["operator"] in ("GreaterThan", "LessThan")
        # Resource Manager takes whole numbers
        assert isinstance(alert["threshold"], int)


def test_every_alert_tells_somebody() -> None:
    text = (BICEP / "modules/alerts.bicep").read_text()
    for rule in load(BICEP / "modules/alerts.bicep").of(Kind.RESOURCE).values():
        assert "actionGroupId" in text[text.index(rule.target) :].split("\nresource ")[0], rule.name


def test_every_alert_has_a_page() -> None:
    """The description of an alert is the page's address, which is a heading of its name."""
    pages = re.findall(r"(?m)^### `?([a-z0-9-]+)`?$", (ROOT / "docs/operate.md").read_text("utf-8"))
    named = [alert["name"] for kind in ("logAlerts", "metricAlerts") for alert in alerts(kind)]
    assert len(named) == len(set(named))
    assert sorted(pages) == sorted([*named, "budget"])


def test_what_must_wake_somebody_does() -> None:
    """The list of issue 9, by the names of the rules."""
    wanted = {
        "answers-failing": "error ratio",
        "first-token-slow": "time to first token",
        "sync-behind": "ingest lag",
        "documents-failing": "failed documents",
        "refresh-reused": "refresh reuse",
        "models-throttled": "throttling",
        "memory-growing": "memory trend",
    }
    assert wanted.keys() <= {alert["name"] for kind in ("logAlerts", "metricAlerts") for alert in alerts(kind)}
    assert load(BICEP / "modules/budget.bicep").of(Kind.RESOURCE)


@pytest.mark.parametrize("page", ["deploy.md", "operate.md"])
def test_every_route_that_an_operator_is_told_to_call_exists(page: str) -> None:
    matrix = (ROOT / "docs/role-matrix.md").read_text("utf-8")
    told = re.findall(r"`(GET|POST|PATCH|DELETE) /api/([\w/{}-]+)", (ROOT / "docs" / page).read_text("utf-8"))
    assert told
    assert [f"{method} /{path}" for method, path in told if f"`{method} /{path}`" not in matrix] == []


def test_the_memory_alert_is_below_what_an_instance_has() -> None:
    (memory,) = [alert for alert in alerts("metricAlerts") if alert["name"] == "memory-growing"]
    assert 0 < memory["threshold"] < 2048 * 1024 * 1024


def test_the_workbook_is_one_that_azure_opens() -> None:
    told = json.loads((BICEP / "workbook.json").read_text("utf-8"))
    assert told["version"] == "Notebook/1.0"
    names = [item["name"] for item in told["items"]]
    assert len(names) == len(set(names))
    for item in told["items"]:
        if item["type"] == 3:
            assert item["content"]["crossComponentResources"] == ["__WORKSPACE__"]
