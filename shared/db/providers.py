"""Providers as administrators keep them; `shared/db/steering.py` reads those that serve."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from shared.db.pool import Connection, Row, violated
from shared.domain.chat import Mode, ProviderConfig, ProviderKind
from shared.domain.ids import ProviderId
from shared.errors import Conflict, NotFound

# Where in the list of its mode a row stands that is never asked; written out in LIST.
LAST_PLACE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Provider:
    """`fallback_order` counts from 1; None is asked only while active."""

    id: ProviderId
    mode: Mode
    config: ProviderConfig
    is_active: bool
    fallback_order: int | None
    updated_at: datetime

    @property
    def place(self) -> int:
        """In the order of asking."""
        return 0 if self.is_active else self.fallback_order or LAST_PLACE


LIST = """
    SELECT id, mode, provider, model_name, endpoint, api_key_env_var, input_price_per_mtok, output_price_per_mtok,
           is_active, fallback_order, updated_at
      FROM (SELECT *, CASE WHEN is_active THEN 0 ELSE coalesce(fallback_order, 2147483647) END AS place
              FROM llm_providers) AS providers
     WHERE ($1::text IS NULL OR mode = $1)
       AND ($2::text IS NULL OR (mode, place, id) > ($2, $3::integer, $4::uuid))
     ORDER BY mode, place, id
     LIMIT $5
"""


async def list_all(
    connection: Connection, *, mode: Mode | None, after: tuple[Mode, int, UUID] | None, limit: int
) -> list[Provider]:
    """By mode, in the order of asking; `after` is the last one of the page before."""
    last_mode, place, last = after or (None, None, None)
    return [_provider(row) for row in await connection.fetch(LIST, mode, last_mode, place, last, limit)]


GET = """
    SELECT id, mode, provider, model_name, endpoint, api_key_env_var, input_price_per_mtok, output_price_per_mtok,
           is_active, fallback_order, updated_at
      FROM llm_providers WHERE id = $1
"""


async def get(connection: Connection, provider_id: ProviderId) -> Provider:
    """Raises NotFound."""
    return _provider(await connection.fetchrow(GET, provider_id))


INSERT = """
    INSERT INTO llm_providers (mode, provider, model_name, endpoint, api_key_env_var, input_price_per_mtok,
                               output_price_per_mtok, is_active, fallback_order)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    RETURNING id, mode, provider, model_name, endpoint, api_key_env_var, input_price_per_mtok, output_price_per_mtok,
              is_active, fallback_order, updated_at
"""


async def add(
    connection: Connection, mode: Mode, config: ProviderConfig, *, is_active: bool, fallback_order: int | None
) -> Provider:
    """Run under the mode's lock, after `deactivate_others` for an active one. Raises Conflict when its place is
    taken."""
    try:
        return _provider(
            await connection.fetchrow(INSERT, mode, *_columns(config), is_active, fallback_order),
        )
    except asyncpg.UniqueViolationError as error:
        raise _place_taken(error, fallback_order) from error


UPDATE = """
    UPDATE llm_providers
       SET provider = $2, model_name = $3, endpoint = $4, api_key_env_var = $5, input_price_per_mtok = $6,
           output_price_per_mtok = $7, is_active = $8, fallback_order = $9, updated_at = now()
     WHERE id = $1
    RETURNING id, mode, provider, model_name, endpoint, api_key_env_var, input_price_per_mtok, output_price_per_mtok,
              is_active, fallback_order, updated_at
"""


async def replace(
    connection: Connection,
    provider_id: ProviderId,
    config: ProviderConfig,
    *,
    is_active: bool,
    fallback_order: int | None,
) -> Provider:
    """As `add`, for one that is there. Raises NotFound as well."""
    try:
        return _provider(await connection.fetchrow(UPDATE, provider_id, *_columns(config), is_active, fallback_order))
    except asyncpg.UniqueViolationError as error:
        raise _place_taken(error, fallback_order) from error


DEACTIVATE_OTHERS = """
    UPDATE llm_providers SET is_active = false, updated_at = now()
     WHERE mode = $1 AND is_active AND id IS DISTINCT FROM $2::uuid
    RETURNING id
"""


async def deactivate_others(
    connection: Connection, mode: Mode, provider_id: ProviderId | None = None
) -> list[ProviderId]:
    """Those that were active; run under the mode's lock."""
    return [ProviderId(row["id"]) for row in await connection.fetch(DEACTIVATE_OTHERS, mode, provider_id)]


DELETE = "DELETE FROM llm_providers WHERE id = $1"


async def delete(connection: Connection, provider_id: ProviderId) -> Provider:
    """What was deleted; run under its mode's lock. Raises NotFound, Conflict for the active one."""
    provider = await get(connection, provider_id)
    if provider.is_active:
        raise Conflict(
            f"This provider serves the mode {provider.mode}. Activate another one first, or switch this one off.",
            code="provider_active",
        )
    await connection.execute(DELETE, provider_id)
    return provider


def _columns(config: ProviderConfig) -> tuple[object, ...]:
    return (
        config.provider,
        config.model,
        config.endpoint,
        config.api_key_env,
        config.input_price_per_mtok,
        config.output_price_per_mtok,
    )


def _provider(row: Row | None) -> Provider:
    if row is None:
        raise NotFound("provider")
    config = ProviderConfig(
        ProviderKind(row["provider"]),
        row["model_name"],
        row["endpoint"],
        row["api_key_env_var"],
        row["input_price_per_mtok"],
        row["output_price_per_mtok"],
    )
    return Provider(
        ProviderId(row["id"]), Mode(row["mode"]), config, row["is_active"], row["fallback_order"], row["updated_at"]
    )


def _place_taken(error: asyncpg.UniqueViolationError, place: int | None) -> Conflict:
    if violated(error) != "llm_providers_fallback_order_key":
        raise error
    return Conflict(
        f"Another provider of this mode has place {place} of the fallback order already. Take it away there first.",
        code="fallback_order_taken",
    )
