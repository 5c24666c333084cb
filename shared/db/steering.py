"""The active provider and prompt of each mode."""

from shared.db.pool import Connection
from shared.domain.chat import Mode, ProviderConfig, ProviderKind

PROVIDERS = """
    SELECT mode, provider, model_name, endpoint, api_key_env_var
      FROM llm_providers
     WHERE is_active
"""
PROMPTS = "SELECT mode, prompt_text FROM system_prompts WHERE is_active"


async def active_providers(connection: Connection) -> dict[Mode, ProviderConfig]:
    return {
        Mode(row["mode"]): ProviderConfig(
            ProviderKind(row["provider"]), row["model_name"], row["endpoint"], row["api_key_env_var"]
        )
        for row in await connection.fetch(PROVIDERS)
    }


async def active_prompts(connection: Connection) -> dict[Mode, str]:
    return {Mode(row["mode"]): row["prompt_text"] for row in await connection.fetch(PROMPTS)}
