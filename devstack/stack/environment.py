"""The function app's environment on the local stack: every variable that production sets, with local values.

What the developer set in the shell for chat or for embeddings (NEXUS_CHAT_…, NEXUS_EMBEDDING_…) replaces the local
model server for that purpose as a whole; the key's variable that it names is passed on with it. All else of the
product's variables in the shell is left out: a NEXUS_POSTGRES_URL of another environment must not end up here.
"""

import os
from collections.abc import Mapping

from devstack.stack.addresses import Addresses
from shared.settings import Settings, SettingsError

# Read at start-up by the app, with a default of its own; a developer may want another value.
_FREE = (
    "NEXUS_SYNC_SCHEDULE",
    "NEXUS_MAX_FILE_MB",
    "NEXUS_LOG_FORMAT",
    "NEXUS_MODEL_HOSTS",
    "NEXUS_DAILY_TOKENS_PER_USER",
    "NEXUS_DAILY_TOKENS_PER_DEPARTMENT",
    "NEXUS_RATE_LIMITS",
    "NEXUS_STREAMS_PER_USER",
    "NEXUS_ROLE_MAPPING",
    "NEXUS_PROVIDER_REST_SECONDS",
    "NEXUS_EMBED_CALL_INPUTS",
    "NEXUS_EMBED_CALLS_IN_FLIGHT",
    "NEXUS_NOTEBOOK_FILE_MB",
    "NEXUS_NOTEBOOK_FILES",
    "NEXUS_NOTEBOOK_SESSIONS",
    "NEXUS_NOTEBOOK_USER_MB",
    "NEXUS_NOTEBOOK_UPKEEP_SCHEDULE",
    "NEXUS_TELEMETRY",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)
_OPEN_LIMITS = '{"sign_in": "10000/60", "chat": "10000/60", "search": "10000/60", "admin": "10000/60"}'
_DEFAULT_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


def app_environment(addresses: Addresses, admin_email: str, shell: Mapping[str, str]) -> dict[str, str]:
    """Only what the product itself reads; see `process_environment` for what its process gets beside it."""
    web = addresses.web_port
    return {
        "NEXUS_ENV": "local",
        "NEXUS_POSTGRES_URL": addresses.postgres_app,
        "NEXUS_REDIS_URL": addresses.redis,
        "NEXUS_QDRANT_URL": addresses.qdrant,
        "NEXUS_QDRANT_API_KEY": addresses.credentials.qdrant,
        "NEXUS_BLOB_CONNECTION_STRING": addresses.blob,
        "NEXUS_ENTRA_AUTHORITY": addresses.entra,
        "NEXUS_ENTRA_TENANT_ID": addresses.credentials.entra_tenant,
        "NEXUS_ENTRA_CLIENT_ID": addresses.credentials.entra_client_id,
        "NEXUS_ENTRA_CLIENT_SECRET": addresses.credentials.entra_client_secret,
        "NEXUS_REDIRECT_URIS": f"http://localhost:{web}/auth/callback,http://127.0.0.1:{web}/auth/callback",
        "NEXUS_BOOTSTRAP_ADMINS": admin_email,
        "NEXUS_ACCESS_TOKEN_KEYS": addresses.credentials.access_token_key,
        "NEXUS_GRAPH_BASE_URL": f"{addresses.graph}/v1.0",
        "NEXUS_GRAPH_DOWNLOAD_HOSTS": "localhost",
        "NEXUS_CORS_ORIGINS": f"http://localhost:{web},http://127.0.0.1:{web}",
        "NEXUS_SYNC_SCHEDULE": "0 0 * * * *",
        "NEXUS_NOTEBOOK_UPKEEP_SCHEDULE": "0 15 * * * *",
        "NEXUS_LOG_FORMAT": "text",
        # one developer plays a whole company here, evaluations and benches included
        "NEXUS_RATE_LIMITS": _OPEN_LIMITS,
        "NEXUS_STREAMS_PER_USER": "100",
        **{name: shell[name] for name in _FREE if shell.get(name)},
        **_models(addresses, shell),
        **_notebook(addresses, shell),
        "AzureWebJobsStorage": addresses.blob,
    }


def _models(addresses: Addresses, shell: Mapping[str, str]) -> dict[str, str]:
    local_key = {"OPENAI_API_KEY": "local-stack-needs-no-key"}
    chat = _chosen("NEXUS_CHAT", shell) or {
        "NEXUS_CHAT_PROVIDER": "openai",
        "NEXUS_CHAT_MODEL": "gpt-4.1",
        "NEXUS_CHAT_ENDPOINT": f"{addresses.models}/v1",
        "NEXUS_CHAT_API_KEY_ENV": "OPENAI_API_KEY",
    }
    embedding = _chosen("NEXUS_EMBEDDING", shell) or {
        "NEXUS_EMBEDDING_PROVIDER": "openai",
        "NEXUS_EMBEDDING_MODEL": "text-embedding-3-large",
        "NEXUS_EMBEDDING_ENDPOINT": f"{addresses.models}/v1",
        "NEXUS_EMBEDDING_API_KEY_ENV": "OPENAI_API_KEY",
        "NEXUS_EMBEDDING_QUERY_PREFIX": "query: ",
        "NEXUS_EMBEDDING_PASSAGE_PREFIX": "passage: ",
    }
    return local_key | chat | embedding


def _notebook(addresses: Addresses, shell: Mapping[str, str]) -> dict[str, str]:
    """Nexus reads notebook files itself unless the developer says otherwise: `NEXUS_NOTEBOOK_URL=local` is the
    stand-in of this stack, anything else a NotebookLlama elsewhere with the key that the shell names."""
    url = shell.get("NEXUS_NOTEBOOK_URL", "")
    if url == "local":
        return {
            "NEXUS_NOTEBOOK_URL": addresses.notebookllama,
            "NEXUS_NOTEBOOK_API_KEY_ENV": "NOTEBOOKLLAMA_API_KEY",
            "NOTEBOOKLLAMA_API_KEY": addresses.credentials.notebook_key,
        }
    if not url:
        return {}
    key_name = shell.get("NEXUS_NOTEBOOK_API_KEY_ENV", "")
    named = {"NEXUS_NOTEBOOK_API_KEY_ENV": key_name, key_name: shell.get(key_name, "")} if key_name else {}
    scope = {"NEXUS_NOTEBOOK_SCOPE": shell["NEXUS_NOTEBOOK_SCOPE"]} if shell.get("NEXUS_NOTEBOOK_SCOPE") else {}
    return {"NEXUS_NOTEBOOK_URL": url, **named, **scope}


def _chosen(prefix: str, shell: Mapping[str, str]) -> dict[str, str]:
    """The developer's own choice for one purpose, with its key; empty when nothing of it is set."""
    chosen = {name: value for name, value in shell.items() if name.startswith(f"{prefix}_") and value}
    if chosen:
        provider = chosen.get(f"{prefix}_PROVIDER", "openai")
        key_name = chosen.get(f"{prefix}_API_KEY_ENV", _DEFAULT_KEYS.get(provider, ""))
        # Set to nothing when the shell has none, so that the app's settings say what is missing.
        chosen |= {key_name: shell.get(key_name, "")} if key_name else {}
    return chosen


def problems_of(environment: Mapping[str, str]) -> list[str]:
    """What the app itself would complain about at its start; one sentence each."""
    try:
        Settings.from_env(environment)
    except SettingsError as error:
        return error.problems
    return []


def process_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What any part's process gets: the shell's, without the product's own variables and without a proxy for
    loopback, which would swallow the calls from part to part."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NEXUS_", "PG"))}
    without_proxy = ",".join(part for part in (inherited.get("NO_PROXY"), "127.0.0.1", "localhost") if part)
    inherited |= {"NO_PROXY": without_proxy, "no_proxy": without_proxy, "PYTHONUNBUFFERED": "1"}
    return inherited | dict(extra)
