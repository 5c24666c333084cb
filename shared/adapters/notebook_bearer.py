"""How Nexus shows NotebookLlama who it is."""

from shared.adapters.client_credentials import AppTokens
from shared.adapters.notebook_llama import Bearer
from shared.setting_groups import NotebookSettings
from shared.settings import secret_from_env


def notebook_bearer(settings: NotebookSettings, tokens: AppTokens) -> Bearer:
    """A token of the managed identity where a scope is set, else the key that is named; read at each call, so that a
    rotated key needs no restart."""
    if settings.scope is not None:
        scope = settings.scope

        async def by_identity() -> str | None:
            return await tokens.token(scope)

        return by_identity

    async def by_key() -> str | None:
        return None if settings.api_key_env is None else secret_from_env(settings.api_key_env)

    return by_key
