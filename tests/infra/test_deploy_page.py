"""docs/deploy.md says what the templates say: names, numbers, providers."""

import re
from typing import Any

import pytest

from shared.db.pool import POOL_SIZE
from tests.infra.checker.resources import resource_types
from tests.infra.templates import BICEP, ROOT, main_with
from tests.infra.test_pipelines import read_by_templates

PAGE = (ROOT / "docs/deploy.md").read_text("utf-8")
# Every subscription has these.
ALWAYS_REGISTERED = {"Authorization", "Consumption", "Graph"}
TIMERS, POOLS_AN_INSTANCE = 7, 2


def numbers(row: str) -> tuple[list[int], list[int]]:
    """What the table of numbers has for dev and prod in the row that begins so."""
    found = re.search(rf"(?m)^\| {re.escape(row)}[^|]*\| ([\d, ]+) \| ([\d, ]+) \|", PAGE)
    assert found is not None, row
    return [int(part) for part in found[1].split(", ")], [int(part) for part in found[2].split(", ")]


def given(stage: str, *path: str) -> Any:
    value: Any = main_with(stage).known
    for name in path:
        value = value[name]
    return value


@pytest.mark.parametrize(
    ("row", "paths"),
    [
        ("`scaling.maximumInstances`", [("scaling", "maximumInstances")]),
        ("`scaling.httpConcurrency`", [("scaling", "httpConcurrency"), ("scaling", "memoryMb")]),
        ("`postgresSize.maxConnections`", [("postgresSize", "maxConnections")]),
        ("`postgresSize.storageGb`", [("postgresSize", "storageGb"), ("postgresSize", "backupDays")]),
        ("`operations.budgetAmount`", [("operations", "budgetAmount")]),
        ("`operations.logDailyQuotaGb`", [("operations", "logDailyQuotaGb"), ("operations", "logRetentionDays")]),
        ("`operations.syncBehindHours`", [("operations", "syncBehindHours")]),
    ],
)
def test_the_numbers_of_a_stage_are_those_of_its_parameter_file(row: str, paths: list[tuple[str, ...]]) -> None:
    for stage, told in zip(("dev", "prod"), numbers(row), strict=True):
        assert told == [given(stage, *path) for path in paths], stage


def test_the_capacities_of_the_models_are_those_of_the_parameter_files() -> None:
    for stage, told in zip(("dev", "prod"), numbers("`modelDeployments[].capacity`"), strict=True):
        assert told == [each["capacity"] for each in given(stage, "modelDeployments")]
    chat = [told[0] for told in numbers("`modelDeployments[].capacity`")]
    assert f"takes 6,500: {' and '.join(str(capacity * 1000 // 6500) for capacity in chat)} a minute" in PAGE


def test_the_connections_that_are_told_are_those_that_the_app_may_open() -> None:
    for stage, (told,) in zip(("dev", "prod"), numbers("connections that the app may open"), strict=True):
        instances = given(stage, "scaling", "maximumInstances")
        assert told == POOLS_AN_INSTANCE * instances * POOL_SIZE + 2 * TIMERS


def test_the_subscription_gets_every_provider_that_the_templates_need() -> None:
    loop = re.search(r"for p in ([\w ]+); do", PAGE)
    assert loop is not None
    used = {name.partition("/")[0].removeprefix("microsoft.") for name in resource_types()}
    assert used - {name.lower() for name in ALWAYS_REGISTERED} == {name.lower() for name in loop[1].split()}


def test_azd_is_told_everything_that_the_development_parameters_ask_for() -> None:
    told = set(re.findall(r"azd env set (\w+)", PAGE))
    needed = {name for name, optional in read_by_templates(BICEP / "main.dev.bicepparam").items() if not optional}
    assert needed - told == set()
    known = set(read_by_templates(BICEP / "main.dev.bicepparam")) | {"AZURE_RESOURCE_GROUP", "NEXUS_MY_ADDRESS"}
    assert told - known == set()


def test_outputs_and_files_that_the_page_names_exist() -> None:
    main = (BICEP / "main.bicep").read_text("utf-8")
    for name in set(re.findall(r"`<?(NEXUS_(?:API|WEB|APP|OUTBOUND)_[A-Z_]+)>?`", PAGE)):
        assert f"output {name} " in main or f"'{name}'" in (BICEP / "main.prod.bicepparam").read_text(), name
    for path in set(re.findall(r"\b((?:infra|tests|docs|azure-pipelines)/[\w./-]*\w)", PAGE)):
        assert (ROOT / path).exists() or list(ROOT.glob(f"{path}*")), path
