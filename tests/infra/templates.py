"""Where the templates are, and what they come to with the values of a deployment that exists nowhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.infra.checker.files import BicepFile, Declaration, Kind, load
from tests.infra.checker.values import Values, parameter_values

ROOT = Path(__file__).parent.parent.parent
BICEP = ROOT / "infra/bicep"
TEMPLATES = sorted(BICEP.rglob("*.bicep"))
PARAMETER_FILES = sorted(BICEP.rglob("*.bicepparam"))

# What a pipeline or a person sets before the deployment; docs/deploy.md says from where.
DEPLOYER = {
    "NEXUS_ENTRA_CLIENT_ID": "aaaaaaaa-0000-4000-8000-000000000001",
    "NEXUS_BOOTSTRAP_ADMIN": "it@corp.com",
    "NEXUS_APP_DOMAIN": "app.corp.com",
    "NEXUS_API_DOMAIN": "api.corp.com",
    "NEXUS_PIPELINE_SUBJECT": "repo:corp/nexus:environment:prod",
    "NEXUS_QDRANT_URL": "https://0f.westeurope-0.azure.cloud.qdrant.io:6333",
    "NEXUS_EPHEMERAL_QDRANT_KEY": "k" * 40,
    "NEXUS_ALERT_EMAIL": "it@corp.com",
    "NEXUS_BUDGET_START": "2026-12-01",
}

# module → output → what Azure would give: of main.bicep's own modules, and of those that services.bicep makes
OUTPUTS: Mapping[str, Mapping[str, Any]] = {
    "identity": {
        "appId": "/identity",
        "appClientId": "app-client-id",
        "appPrincipalId": "app-object-id",
        "migrationsName": "id-migrations",
        "migrationsPrincipalId": "migrations-object-id",
    },
    "monitoring": {
        "workspaceId": "/workspace",
        "insightsName": "appi-nexus",
        "insightsConnectionString": "InstrumentationKey=0;IngestionEndpoint=https://in.example/",
    },
    "web": {"defaultHost": "wonderful-wave-1.azurestaticapps.net"},
    "network": {
        "qdrantSubnetId": "/subnet",
        "endpointSubnetId": "/subnet",
        "functionSubnetId": "/subnet",
        "id": "/vnet",
    },
}
OF_SERVICES: Mapping[str, Mapping[str, Any]] = {
    "vault": {"uri": "https://kv.vault.azure.net/", "id": "/vault"},
    "storage": {
        "hostId": "/host",
        "packageContainerName": "app-package",
        "hostBlobEndpoint": "https://st.blob.core.windows.net/",
        "hostQueueEndpoint": "https://st.queue.core.windows.net/",
        "hostTableEndpoint": "https://st.table.core.windows.net/",
        "uploadsBlobEndpoint": "https://up.blob.core.windows.net/",
    },
    "postgres": {"id": "/postgres", "host": "psql.postgres.database.azure.com", "databaseName": "nexus"},
    "redis": {"id": "/redis", "hostName": "redis.westeurope.redis.azure.net", "port": 10000},
    "index": {"url": "https://qdrant.example:443", "identityPrincipalId": ""},
    "openAi": {"endpoint": "https://oai.openai.azure.com/"},
    "scheduler": {"endpoint": "https://dts.westeurope.durabletask.io", "taskHubName": "nexus-dev"},
}


def main_with(stage: str, **changed: Any) -> Values:
    """main.bicep with the parameters of a stage, some of them changed."""
    values = parameter_values(load(BICEP / f"main.{stage}.bicepparam"), DEPLOYER) | changed
    return Values(load(BICEP / "main.bicep"), values | _given(OUTPUTS))


def services_of(main: Values) -> Values:
    """modules/services.bicep as main.bicep uses it."""
    return Values(load(BICEP / "modules/services.bicep"), parameters_of(main, "services") | _given(OF_SERVICES))


def _given(outputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {module: {"outputs": dict(given)} for module, given in outputs.items()}


def parameters_of(template: Values, module: str) -> dict[str, Any]:
    """What a template hands to one of its modules."""
    params = template.file.of(Kind.MODULE)[module].body.get("params")
    assert params is not None
    return template.of(params, {})


def app_settings(main: Values) -> dict[str, str]:
    services = services_of(main)
    main.known["services"] = {"outputs": {name: services.output(name) for name in services.file.of(Kind.OUTPUT)}}
    template = load(BICEP / "modules/app-settings.bicep")
    return Values(template, parameters_of(main, "appSettings")).output("settings")


def resources() -> list[tuple[BicepFile, Declaration]]:
    return [
        (file, each) for file in map(load, TEMPLATES) for each in file.of(Kind.RESOURCE).values() if not each.existing
    ]
