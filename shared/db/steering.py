"""The providers and the prompt of each mode."""

from dataclasses import dataclass, field

from shared.db.pool import Connection
from shared.domain.chat import Mode, ProviderConfig, ProviderKind

PROVIDERS = """
    SELECT mode, is_active, provider, model_name, endpoint, api_key_env_var, input_price_per_mtok, output_price_per_mtok
      FROM llm_providers
     WHERE is_active OR fallback_order IS NOT NULL
     ORDER BY mode, is_active DESC, fallback_order
"""
# Whoever changes what serves a mode takes turns with others, so that "one is active" is true of every moment.
LOCK_MODE = "SELECT pg_advisory_xact_lock(hashtextextended('steering:' || $1::text, 0))"
PROMPTS = "SELECT mode, prompt_text FROM system_prompts WHERE is_active"


@dataclass(slots=True)
class ModeProviders:
    """`active` is None where no row is; `fallbacks` stand in the order in which they are asked after it."""

    active: ProviderConfig | None = None
    fallbacks: list[ProviderConfig] = field(default_factory=list[ProviderConfig])


async def providers_by_mode(connection: Connection) -> dict[Mode, ModeProviders]:
    """Every mode is in it."""
    found = {mode: ModeProviders() for mode in Mode}
    for row in await connection.fetch(PROVIDERS):
        provider = ProviderConfig(
            ProviderKind(row["provider"]),
            row["model_name"],
            row["endpoint"],
            row["api_key_env_var"],
            row["input_price_per_mtok"],
            row["output_price_per_mtok"],
        )
        of_mode = found[Mode(row["mode"])]
        if row["is_active"]:
            of_mode.active = provider
        else:
            of_mode.fallbacks.append(provider)
    return found


async def lock_mode(connection: Connection, mode: Mode) -> None:
    """Held until the transaction ends."""
    await connection.execute(LOCK_MODE, mode)


async def active_prompts(connection: Connection) -> dict[Mode, str]:
    return {Mode(row["mode"]): row["prompt_text"] for row in await connection.fetch(PROMPTS)}
