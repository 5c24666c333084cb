"""Every part that the app needs, asked as the app asks it: with its own settings, identity and code."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

from functions.doctor import network
from functions.doctor.findings import Finding, az, ok, wrong
from shared.db import libraries, role
from shared.domain.audience import Scope
from shared.domain.chat import Mode, ModelRequest, ProviderConfig, ProviderKind, Turn
from shared.domain.library_checks import permission_checks
from shared.errors import ModelFailed, NexusError, Unavailable
from shared.runtime import Runtime

TIMEOUT_S = 60.0
_MIGRATIONS = Path(__file__).parents[2] / "shared" / "db" / "migrations" / "versions"
_DATABASE = "python -m infra.deploy.database"
_SETTING = "functionapp config appsettings list APP --query"

type Check = Callable[[Runtime], Awaitable[list[Finding]]]


async def examine(runtime: Runtime) -> list[Finding]:
    """Connections first; what needs a part that cannot be asked is left out, so that one fault is named once."""
    reached = await asyncio.gather(*(network.look(server) for server in network.servers(runtime.settings)))
    away = {finding.check.removeprefix("network: ") for finding in reached if finding.state == "wrong"}
    findings = list(reached)
    for name, needs, check in CHECKS:
        if hidden := sorted(needs & away):
            findings.append(Finding(name, "skipped", f"Not looked at: first mend {', '.join(hidden)}."))
            continue
        made = await _bounded(name, check, runtime)
        findings += made
        away |= {finding.check for finding in made if finding.state == "wrong"}
    return findings


async def _bounded(name: str, check: Check, runtime: Runtime) -> list[Finding]:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await check(runtime)
    except NexusError as error:
        return [wrong(name, error.detail, MENDS.get(name))]
    except TimeoutError:
        return [wrong(name, f"No answer within {TIMEOUT_S:.0f} s.", MENDS.get(name))]


async def identity(runtime: Runtime) -> list[Finding]:
    findings: list[Finding] = []
    for service, scope in runtime.identity_scopes.items():
        try:
            await runtime.identity_tokens.token(scope)
        except NexusError as error:
            # the same identity gives the others none either
            says = f"No token for {service}: {error.detail} NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID must name it."
            return [*findings, wrong("identity", says, az("functionapp identity show APP"))]
        findings.append(ok("identity", f"The managed identity has a token for {service}."))
    return findings or [Finding("identity", "skipped", "Every service has a key or password of its own.")]


async def sign_in(runtime: Runtime) -> list[Finding]:
    """Whether Entra ID takes the identity's word for the app registration; a secret is proved by Graph's token."""
    entra = runtime.settings.entra
    if entra.client_secret is not None or entra.managed_identity_client_id is None:
        return [Finding("sign-in", "skipped", "No managed identity vouches for the app registration.")]
    await runtime.registration_tokens.token(runtime.settings.graph.scope)
    return [ok("sign-in", "The managed identity vouches for the app registration.")]


async def postgres(runtime: Runtime) -> list[Finding]:
    try:
        async with runtime.db.connection() as connection:
            rights = await role.rights(connection)
    except Unavailable as error:
        if isinstance(error.__cause__, ssl.SSLError | FileNotFoundError):
            return [wrong("postgres", error.detail, az(f"{_SETTING} \"[?name=='PGSSLROOTCERT']\""))]
        raise
    findings = [ok("postgres", f"PostgreSQL lets the role {rights.name} in.")]
    if rights.too_many:
        says = f"The role {rights.name} has rights that the app must not have: {', '.join(rights.too_many)}."
        findings.append(wrong("postgres role", says, _DATABASE))
    elif rights.missing:
        says = f"The role {rights.name} may not use the tables {', '.join(rights.missing)}."
        findings.append(wrong("postgres role", says, _DATABASE))
    else:
        findings.append(ok("postgres role", "It reads and writes rows and changes no schema."))
    return [*findings, _schema(rights.revision)]


def _schema(revision: str | None) -> Finding:
    mend = "alembic -c shared/db/migrations/alembic.ini upgrade head"
    if revision is None:
        return wrong("schema", "The database holds no schema yet.", mend)
    # a package for Azure may leave the migrations out
    newest = max((path.name.partition("_")[0] for path in _MIGRATIONS.glob("[0-9]*_*.py")), default=None)
    if newest is not None and revision != newest:
        return wrong("schema", f"The database is at revision {revision}, this version of Nexus needs {newest}.", mend)
    return ok("schema", f"The database is at revision {revision}.")


async def redis(runtime: Runtime) -> list[Finding]:
    await runtime.redis.ping()
    return [ok("redis", "Redis lets Nexus in.")]


async def blob(runtime: Runtime) -> list[Finding]:
    await runtime.blobs.ping()
    return [ok("blob", "Blob Storage lets Nexus in.")]


async def qdrant(runtime: Runtime) -> list[Finding]:
    await runtime.vectors.ensure_ready()
    serving = await runtime.indexes.serving()
    return [ok("qdrant", f"The collection {serving.row.collection} is ready.")]


async def chat_models(runtime: Runtime) -> list[Finding]:
    """Each provider of the modes, with a question of a word: it costs a few tokens."""
    modes = [await runtime.steering.of(mode) for mode in (Mode.RAG, Mode.ASSISTANT)]
    providers = dict.fromkeys(provider for settings in modes for provider in settings.providers)
    return [await _chat_model(runtime, provider) for provider in providers]


async def _chat_model(runtime: Runtime, provider: ProviderConfig) -> Finding:
    check, name = "chat model", f"{provider.model} of {provider.provider}"
    request = ModelRequest(provider, (Turn("user", "Say yes."),), 16)
    try:
        async with aclosing(runtime.chat_models[provider.provider].stream(request)) as events:
            await anext(events)
    except ModelFailed as failure:
        return wrong(check, f"{name}: {failure.detail} ({failure.code})", _mend(provider, failure, "NEXUS_CHAT_MODEL"))
    return ok(check, f"{name} answers.")


async def embedding_model(runtime: Runtime) -> list[Finding]:
    serving = await runtime.indexes.serving()
    provider = serving.row.model.provider
    check, name = "embedding model", f"{provider.model} of {provider.provider}"
    try:
        await serving.embeddings.embed_queries(["Nexus"])
    except ModelFailed as failure:
        mend = _mend(provider, failure, "NEXUS_EMBEDDING_MODEL")
        return [wrong(check, f"{name}: {failure.detail} ({failure.code})", mend)]
    return [ok(check, f"{name} embeds, in {serving.row.model.dimensions} dimensions.")]


def _mend(provider: ProviderConfig, failure: ModelFailed, variable: str) -> str | None:
    """`variable` names the model, unless an administrator wrote it into a provider."""
    match failure.code:
        case "model_not_found" if provider.provider is ProviderKind.AZURE:
            return az("cognitiveservices account deployment list GROUP -n <account> -o table")
        case "model_not_found":
            return az(f"functionapp config appsettings set APP --settings {variable}=<model>")
        case "model_key_missing" if provider.api_key_env is None:
            role = "role assignment create --role 'Cognitive Services OpenAI User'"
            return az(f"{role} --assignee <principal id of the identity> --scope <id of the account>")
        case "model_key_missing":
            return az(f"functionapp config appsettings set APP --settings {provider.api_key_env}=<key>")
        case _:
            return None


async def graph(runtime: Runtime) -> list[Finding]:
    """What the token says, then each library that Nexus knows."""
    try:
        checks = permission_checks(await runtime.graph.application())
    except Unavailable as error:
        if error.dependency == "entra" and runtime.settings.entra.client_secret is not None:
            mend = az("functionapp config appsettings set APP --settings NEXUS_ENTRA_CLIENT_SECRET=<secret>")
            return [wrong("graph", error.detail, mend)]
        raise
    findings = [ok("graph", "Entra ID gives Nexus a token for Microsoft Graph.")]
    for made in checks:
        state = "ok" if made.ok else "warning" if made.check == "least_privilege" else "wrong"
        findings.append(Finding("graph permission", state, made.detail, None if made.ok else _GRANT))
    async with runtime.db.connection() as connection:
        known = await libraries.list_all(connection, within=Scope(None, None), limit=1000)
    for library in known:
        found = await runtime.library_preflight.look(library.library_url)
        failed = next((made for made in found.checks if not made.ok and made.check != "least_privilege"), None)
        check = f"library {library.name}"
        if failed is None:
            findings.append(ok(check, "Nexus can read it."))
        else:
            findings.append(
                wrong(check, failed.detail, f"infra/bicep/identity: grant read on the site of {library.library_url}")
            )
    return findings


_GRANT = "infra/bicep/identity: run it again as an Entra administrator"
MENDS = {
    "sign-in": "infra/bicep/identity: deploy app.bicep again with appPrincipalId, as an Entra administrator",
    "postgres": _DATABASE,
    "redis": az(
        "redisenterprise database access-policy-assignment list GROUP --cluster-name <cluster> --database-name default"
    ),
    "blob": az("role assignment list --assignee <principal id of the identity> --scope <id of the account>"),
    "qdrant": az(f"{_SETTING} \"[?name=='NEXUS_QDRANT_API_KEY']\""),
    "graph": _GRANT,
}
# In this order; each with what must be reachable for it.
CHECKS: tuple[tuple[str, frozenset[str], Check], ...] = (
    ("identity", frozenset(), identity),
    ("sign-in", frozenset({"entra", "identity"}), sign_in),
    ("postgres", frozenset({"postgres"}), postgres),
    ("redis", frozenset({"redis"}), redis),
    ("blob", frozenset({"blob"}), blob),
    ("qdrant", frozenset({"qdrant", "postgres"}), qdrant),
    ("chat model", frozenset({"chat model", "postgres"}), chat_models),
    ("embedding model", frozenset({"embedding model", "postgres"}), embedding_model),
    ("graph", frozenset({"graph", "entra", "postgres"}), graph),
)
