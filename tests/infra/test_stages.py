"""What the two parameter files come to, and what main.bicep refuses."""

from typing import Any

import pytest

from shared.db.pool import POOL_SIZE
from tests.infra.checker.expressions import Condition, Object
from tests.infra.checker.files import Kind, load
from tests.infra.checker.values import TemplateFails, Values
from tests.infra.templates import BICEP, main_with, parameters_of, services_of

QDRANT = {"mode": "cloud", "url": "https://q.example", "image": "i", "machine": {}}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_stage_as_it_stands_is_not_refused(stage: str) -> None:
    main = main_with(stage)
    assert main.variable("qdrantMode") == {"dev": "ephemeral", "prod": "cloud"}[stage]
    assert main.variable("privateNetworking") is (stage == "prod")


@pytest.mark.parametrize(
    ("stage", "changed", "variable", "reason"),
    [
        ("prod", {"qdrant": QDRANT | {"mode": "ephemeral"}}, "qdrantMode", "loses the index at each restart"),
        ("prod", {"enablePrivateNetworking": False}, "privateNetworking", "prod takes private networking"),
        ("prod", {"qdrant": QDRANT | {"url": "http://q.example"}}, "qdrantMode", "an https address"),
        ("dev", {"qdrant": QDRANT | {"url": ""}}, "qdrantMode", "an https address"),
        ("dev", {"ephemeralQdrantKey": "short"}, "qdrantMode", "open to everyone"),
    ],
)
def test_what_would_lose_or_show_data_is_refused(
    stage: str, changed: dict[str, Any], variable: str, reason: str
) -> None:
    with pytest.raises(TemplateFails, match=reason):
        main_with(stage, **changed).variable(variable)


def test_what_is_refused_is_looked_at_by_something_that_is_deployed() -> None:
    """Resource Manager works a variable out when something reads it, and not before."""
    services = services_of(main_with("prod"))
    assert parameters_of(services, "index")["mode"] == "cloud"
    assert parameters_of(services, "vault")["publicAccess"] is False
    for changed in ({"qdrant": QDRANT | {"mode": "ephemeral"}}, {"enablePrivateNetworking": False}):
        refused = main_with("prod", **changed)
        with pytest.raises(TemplateFails):
            parameters_of(refused, "services")


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_public_doors_are_open_in_dev_only(stage: str) -> None:
    services = services_of(main_with(stage))
    open_to_all = [
        name
        for name, module in services.file.of(Kind.MODULE).items()
        if "params" in module.body and _given(services, name, "publicAccess")
    ]
    assert open_to_all == (["vault", "storage", "postgres", "redis", "openAi"] if stage == "dev" else [])


def _given(template: Values, module: str, parameter: str) -> object:
    params = template.file.of(Kind.MODULE)[module].body.get("params")
    assert isinstance(params, Object)
    value = params.get(parameter)
    return value is not None and template.of(value, {})


@pytest.mark.parametrize(("stage", "reached_privately"), [("dev", False), ("prod", True)])
def test_private_addresses_are_made_where_public_doors_are_shut(stage: str, reached_privately: bool) -> None:
    services = services_of(main_with(stage))
    endpoints = services.file.of(Kind.MODULE)["endpoints"].value
    assert isinstance(endpoints, Condition)
    assert services.of(endpoints.when, {}) is reached_privately


def test_the_pools_of_all_instances_fit_into_the_production_database() -> None:
    """Flex Consumption scales HTTP functions, durable functions and each timer in groups of their own."""
    main = main_with("prod")
    scaling, size = main.known["scaling"], main.known["postgresSize"]
    # a timer runs on one instance, and does one thing after the other
    of_timers = 7 * 2
    # for replication and monitoring
    kept_by_azure = 15
    assert 2 * scaling["maximumInstances"] * POOL_SIZE + of_timers <= size["maxConnections"] - kept_by_azure


def test_the_number_of_timers_is_the_apps() -> None:
    from function_app import app

    timers = [f for f in app.get_functions() if (trigger := f.get_trigger()) and trigger.type == "timerTrigger"]
    assert len(timers) == 7


def test_production_keeps_copies_and_backups_and_development_does_not_pay_for_them() -> None:
    dev, prod = main_with("dev").known, main_with("prod").known
    assert (dev["enableRedundancy"], prod["enableRedundancy"]) == (False, True)
    assert prod["postgresSize"]["backupDays"] == 35
    assert dev["operations"]["budgetAmount"] < prod["operations"]["budgetAmount"]
    # zone redundancy is not for burstable servers
    assert prod["postgresSize"]["skuTier"] != "Burstable"


def test_streams_share_an_instance() -> None:
    """Python's own default is one request an instance."""
    for stage in ("dev", "prod"):
        assert main_with(stage).known["scaling"]["httpConcurrency"] >= 16


def test_names_fit_into_what_azure_takes() -> None:
    for stage in ("dev", "prod"):
        services = services_of(main_with(stage, name="abcdefgh"))
        for variable in ("hostAccountName", "uploadsAccountName", "vaultName"):
            name = services.variable(variable)
            assert 3 <= len(name) <= 24
            assert name[-1].isalnum()
        assert services.variable("hostAccountName").isalnum()
        assert services.variable("hostAccountName") != services.variable("uploadsAccountName")


def test_what_the_steps_after_a_deployment_read_is_said_by_it() -> None:
    outputs = set(load(BICEP / "main.bicep").of(Kind.OUTPUT))
    assert {"NEXUS_POSTGRES_HOST", "NEXUS_VAULT_ID", "NEXUS_SECRETS", "NEXUS_API_NAME", "NEXUS_WEB_NAME"} <= outputs
