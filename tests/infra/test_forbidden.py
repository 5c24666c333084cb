"""What no template may say, whatever it is for: keys, passwords, wide doors. Each rule is seen to hit its example."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.checker.expressions import Constant, Expression, Object
from tests.infra.checker.files import Declaration, Kind, load, parse
from tests.infra.checker.names import walk
from tests.infra.templates import BICEP, PARAMETER_FILES, ROOT, TEMPLATES, resources

# name → (pattern, what it hits, what it lets pass)
PATTERNS = {
    "shared keys": (r"allowSharedKeyAccess: true", "allowSharedKeyAccess: true", "allowSharedKeyAccess: false"),
    "passwords": (r"passwordAuth: 'Enabled'", "passwordAuth: 'Enabled'", "passwordAuth: 'Disabled'"),
    "a password": (
        r"(?i)administratorLoginPassword|adminPassword\b|clientSecret:",
        "administratorLoginPassword: p",
        "adminUsername: name",
    ),
    "password sign-in": (
        r"disablePasswordAuthentication: false",
        "disablePasswordAuthentication: false",
        "disablePasswordAuthentication: true",
    ),
    "Redis keys": (r"accessKeysAuthentication: 'Enabled'", "accessKeysAuthentication: 'Enabled'", "'Disabled'"),
    "local authentication": (r"(?i)disableLocalAuth: false", "disableLocalAuth: false", "DisableLocalAuth: true"),
    "keys read at deployment": (
        r"(?i)\blist(Keys|Secrets|AccountSas|ServiceSas)\s*\(|getSecret\(",
        "x: account.listKeys().keys[0].value",
        "x: account.id",
    ),
    "a connection string with a key": (
        r"(?i)AccountKey=|SharedAccessKey=",
        "'DefaultEndpointsProtocol=https;AccountKey=${k}'",
        "'InstrumentationKey=0'",
    ),
    "public blobs": (r"(?i)allowBlobPublicAccess: true", "allowBlobPublicAccess: true", "allowBlobPublicAccess: false"),
    "old TLS": (r"(?i)(min\w*TlsVersion: '(TLS)?1[._][01]')", "minTlsVersion: '1.0'", "minTlsVersion: '1.2'"),
    "plain transport": (
        r"(?i)httpsOnly: false|supportsHttpsTrafficOnly: false|clientProtocol: 'Plaintext'|allowInsecure: true",
        "httpsOnly: false",
        "httpsOnly: true",
    ),
    "FTP": (r"ftpsState: '(AllAllowed|FtpsOnly)'", "ftpsState: 'FtpsOnly'", "ftpsState: 'Disabled'"),
    "any address": (
        r"255\.255\.255\.255|0\.0\.0\.0/0|sourceAddressPrefix: '(Internet)'",
        "endIpAddress: '255.255.255.255'",
        "endIpAddress: '0.0.0.0'",
    ),
    "any origin": (r"allowedOrigins: \[\s*'\*'", "allowedOrigins: ['*']", "allowedOrigins: corsOrigins"),
    "eviction": (r"evictionPolicy: '(?!NoEviction)", "evictionPolicy: 'VolatileLRU'", "evictionPolicy: 'NoEviction'"),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_no_template_allows(name: str) -> None:
    pattern, hit, passed = PATTERNS[name]
    assert re.search(pattern, hit), "the rule does not see its own example"
    assert not re.search(pattern, passed)
    for path in [*TEMPLATES, *PARAMETER_FILES]:
        found = re.search(pattern, re.sub(r"//.*", "", path.read_text("utf-8")))
        assert found is None, f"{path.relative_to(BICEP)} has {found.group(0) if found else ''}"


# type → what a resource of it says, path by path: leaving one out means Azure's default, which is the open one
SAID = {
    "Microsoft.Storage/storageAccounts": {
        "properties.allowSharedKeyAccess": False,
        "properties.allowBlobPublicAccess": False,
        "properties.defaultToOAuthAuthentication": True,
        "properties.minimumTlsVersion": "TLS1_2",
        "properties.supportsHttpsTrafficOnly": True,
    },
    "Microsoft.KeyVault/vaults": {
        "properties.enableRbacAuthorization": True,
        "properties.enablePurgeProtection": True,
        "properties.enableSoftDelete": True,
    },
    "Microsoft.DBforPostgreSQL/flexibleServers": {
        "properties.authConfig.passwordAuth": "Disabled",
        "properties.authConfig.activeDirectoryAuth": "Enabled",
    },
    "Microsoft.Cache/redisEnterprise": {"properties.minimumTlsVersion": "1.2"},
    "Microsoft.Cache/redisEnterprise/databases": {
        "properties.accessKeysAuthentication": "Disabled",
        "properties.clientProtocol": "Encrypted",
        "properties.evictionPolicy": "NoEviction",
    },
    "Microsoft.CognitiveServices/accounts": {"properties.disableLocalAuth": True},
    "Microsoft.Insights/components": {"properties.DisableLocalAuth": True},
    "Microsoft.OperationalInsights/workspaces": {"properties.features.disableLocalAuth": True},
    "Microsoft.Web/sites": {
        "properties.httpsOnly": True,
        "properties.clientAffinityEnabled": False,
        "properties.siteConfig.ftpsState": "Disabled",
        "properties.siteConfig.minTlsVersion": "1.2",
    },
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": {"properties.allow": False},
    "Microsoft.Compute/virtualMachines": {
        "properties.osProfile.linuxConfiguration.disablePasswordAuthentication": True
    },
    "Microsoft.Compute/disks": {"properties.networkAccessPolicy": "DenyAll"},
    "Microsoft.App/containerApps": {"properties.configuration.ingress.allowInsecure": False},
}


def at(value: Expression, path: str) -> object:
    for name in path.split("."):
        found = value.get(name) if isinstance(value, Object) else None
        if found is None:
            return None
        value = found
    return value.value if isinstance(value, Constant) else value


@pytest.mark.parametrize("kind", SAID)
def test_what_azure_would_leave_open_is_closed_in_so_many_words(kind: str) -> None:
    found = [each for _, each in resources() if each.target.split("@")[0] == kind]
    assert found, f"no template has a {kind} any more"
    for resource in found:
        for path, value in SAID[kind].items():
            assert at(resource.body, path) == value, f"{resource.name}: {path}"


def test_public_publishing_is_switched_off_for_both_doors() -> None:
    names = {at(each.body, "name") for _, each in resources() if "basicPublishingCredentials" in each.target}
    assert names == {"ftp", "scm"}


# Microsoft's built-in roles that Nexus uses; the id is the same in every tenant. Every word of every id is checked: one
# character too few fails only where its branch is deployed.
ROLES = {
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageBlobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "keyVaultSecretsUser": "4633458b-17de-408a-b874-0445c86b69e6",
    "cognitiveServicesOpenAiUser": "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "durableTaskDataContributor": "0ad04412-c4d5-4796-b79c-f76d14c8d402",
}
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_roles_are_named_and_their_ids_known() -> None:
    file = load(BICEP / "modules/rbac.bicep")
    said = {name: each.value.value for name, each in file.of(Kind.VARIABLE).items() if isinstance(each.value, Constant)}
    assert said == ROLES


# Azure's own, and of public things: Graph's application, Microsoft Graph Command Line Tools.
_OTHER_IDS = {"00000003-0000-0000-c000-000000000000", "14d82eec-204b-4c2f-b7e8-296a70dab67e"}


def test_no_other_id_stands_in_the_infrastructure() -> None:
    """Almost an id is told too: a hexadecimal word with dashes that is not a whole GUID."""
    almost = re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{15,30}\b")
    for path in _texts():
        for text in almost.findall(path.read_text("utf-8")):
            assert _GUID.fullmatch(text), f"{path.name}: {text} is no whole id"
            # of the workbook's parameter, which is its own
            assert text in {*ROLES.values(), *_OTHER_IDS} or path.name == "workbook.json", f"{path.name}: {text}"


def _texts() -> Iterator[Path]:
    for path in sorted((ROOT / "infra").rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield path


def test_secrets_are_secure_parameters_without_a_value_and_no_output() -> None:
    for path in TEMPLATES:
        file = load(path)
        for name, parameter in file.of(Kind.PARAMETER).items():
            secret = re.search(r"(?i)(password|apiKey|secretValue|QdrantKey|ephemeralKey)$", name)
            assert bool(secret) == any("secure" in text for text in parameter.decorators), f"{path.name}: {name}"
            if secret and parameter.value is not None:
                assert parameter.value == Constant(parameter.value.line, ""), f"{path.name}: {name} has a default"
        for name, output in file.of(Kind.OUTPUT).items():
            assert not _reads_secret(file.of(Kind.PARAMETER), output.value), f"{path.name}: output {name}"


def _reads_secret(parameters: dict[str, Declaration], value: Expression | None) -> bool:
    secure = {name for name, each in parameters.items() if any("secure" in text for text in each.decorators)}
    found = {getattr(each, "name", "") for each, _ in walk(value)} if value else set[str]()
    return bool(found & secure)


def test_an_output_of_a_secret_would_be_seen() -> None:
    file = parse("@secure()\nparam apiKey string\noutput a string = 'x${apiKey}'\n", Path("broken.bicep"))
    assert _reads_secret(file.of(Kind.PARAMETER), file.of(Kind.OUTPUT)["a"].value)
