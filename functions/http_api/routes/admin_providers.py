"""Which provider serves each mode, and which are asked when it does not answer. Effective within 30 s everywhere."""

from dataclasses import replace
from typing import Any

import msgspec

from functions.http_api.schemas.providers import (
    DefaultProvider,
    NewProvider,
    ProviderChange,
    ProvidersQuery,
    ProviderView,
    TrialView,
    as_number,
    as_price,
)
from shared.db import audit, providers, steering
from shared.db.pool import Connection
from shared.db.providers import Provider
from shared.domain.chat import ProviderConfig
from shared.domain.ids import ProviderId
from shared.domain.limits import LimitClass
from shared.domain.provider_rules import USUAL_KEYS
from shared.services.provider_testing import ProviderTesting, Trial
from shared.web import auditing
from shared.web.paging import Page, after_mode_place_and_id, page
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin providers")


@routes.add("GET", "admin/providers", Policy.SUPER_ADMIN, query=ProvidersQuery, reply=Page[ProviderView], errors={})
async def list_providers(call: Call) -> Page[ProviderView]:
    """Providers by mode, in the order of asking: the active one, the fallbacks, those that are not asked"""
    query: ProvidersQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await providers.list_all(
            connection, mode=query.mode, after=after_mode_place_and_id(query.cursor), limit=query.limit + 1
        )
    return page(rows, query.limit, lambda row: (row.mode, row.place, row.id), ProviderView.of)


@routes.add("GET", "admin/providers/default", Policy.SUPER_ADMIN, reply=DefaultProvider, errors={})
async def default_provider(call: Call) -> DefaultProvider:
    """What serves a mode without an active provider, and the hosts where providers may be"""
    settings = call.runtime.settings
    return DefaultProvider.of(settings.chat, settings.model_hosts)


@routes.add(
    "POST",
    "admin/providers",
    Policy.SUPER_ADMIN,
    body=NewProvider,
    reply=ProviderView,
    status=201,
    errors={409: ("fallback_order_taken",), 422: ("provider_invalid",)},
)
async def create_provider(call: Call) -> ProviderView:
    """Adds a provider to a mode; an active one takes the place of the one that was"""
    new: NewProvider = call.body
    key_variable = USUAL_KEYS.get(new.provider) if new.api_key_env_var is msgspec.UNSET else new.api_key_env_var
    config = call.runtime.settings.provider_rules.checked(
        ProviderConfig(
            new.provider,
            new.model_name,
            new.endpoint,
            key_variable,
            as_price(new.input_price_per_mtok),
            as_price(new.output_price_per_mtok),
        )
    )
    async with call.runtime.db.transaction() as connection:
        await steering.lock_mode(connection, new.mode)
        deactivated = await providers.deactivate_others(connection, new.mode) if new.is_active else []
        created = await providers.add(
            connection, new.mode, config, is_active=new.is_active, fallback_order=new.fallback_order
        )
        await auditing.record(call, connection, "provider.create", created.id, _shown(created) | _replaced(deactivated))
    call.runtime.steering.expire()
    return ProviderView.of(created)


@routes.add(
    "PATCH",
    "admin/providers/{provider_id}",
    Policy.SUPER_ADMIN,
    body=ProviderChange,
    reply=ProviderView,
    errors={404: ("provider_not_found",), 409: ("fallback_order_taken",), 422: ("provider_invalid",)},
)
async def change_provider(call: Call) -> ProviderView:
    """Changes a provider; activating it deactivates the one that was active"""
    change: ProviderChange = call.body
    provider_id = _provider_id(call)
    async with call.runtime.db.transaction() as connection:
        before = await _locked(connection, provider_id)
        is_active = before.is_active if change.is_active is msgspec.UNSET else change.is_active
        place = before.fallback_order if change.fallback_order is msgspec.UNSET else change.fallback_order
        config = _changed(before.config, change)
        if config != before.config or (is_active and not before.is_active):
            # what was allowed when it was written may not be any more
            config = call.runtime.settings.provider_rules.checked(config)
        deactivated = await providers.deactivate_others(connection, before.mode, provider_id) if is_active else []
        after = await providers.replace(connection, provider_id, config, is_active=is_active, fallback_order=place)
        named: list[str] = list(msgspec.to_builtins(change))
        detail = {
            "before": {name: _shown(before)[name] for name in named},
            "after": {name: _shown(after)[name] for name in named},
        }
        await auditing.record(call, connection, "provider.change", provider_id, detail | _replaced(deactivated))
    call.runtime.steering.expire()
    return ProviderView.of(after)


@routes.add(
    "DELETE",
    "admin/providers/{provider_id}",
    Policy.SUPER_ADMIN,
    status=204,
    errors={404: ("provider_not_found",), 409: ("provider_active",)},
)
async def delete_provider(call: Call) -> None:
    """Deletes a provider that is not the active one"""
    provider_id = _provider_id(call)
    async with call.runtime.db.transaction() as connection:
        await _locked(connection, provider_id)
        deleted = await providers.delete(connection, provider_id)
        await auditing.record(call, connection, "provider.delete", provider_id, {"before": _shown(deleted)})
    call.runtime.steering.expire()


@routes.add(
    "POST",
    "admin/providers/{provider_id}/test",
    Policy.SUPER_ADMIN,
    reply=TrialView,
    limit=LimitClass.CHAT,
    errors={404: ("provider_not_found",)},
)
async def try_provider(call: Call) -> TrialView:
    """Asks a provider for one sentence, as a question would, and says what came or what is wrong"""
    provider_id = _provider_id(call)
    async with call.runtime.db.connection() as connection:
        provider = await providers.get(connection, provider_id)
    # a row may be older than what IT allows today
    problem = call.runtime.settings.provider_rules.endpoint_problem(provider.config.endpoint)
    if problem is not None:
        trial = Trial(latency_ms=0, code="endpoint_not_allowed", detail=f"{problem}.")
    else:
        trial = await ProviderTesting(call.runtime.model_calls).try_out(provider.config)
    async with call.runtime.db.connection() as connection:
        detail = {"code": trial.code, "latency_ms": trial.latency_ms, "model_name": provider.config.model}
        outcome: audit.Outcome = "ok" if trial.code is None else "failed"
        await auditing.record(call, connection, "provider.test", provider_id, detail, outcome)
    return TrialView.of(trial)


def _provider_id(call: Call) -> ProviderId:
    return ProviderId(call.id("provider_id", "provider"))


async def _locked(connection: Connection, provider_id: ProviderId) -> Provider:
    """As it is once its mode is ours; a provider never changes its mode."""
    mode = (await providers.get(connection, provider_id)).mode
    await steering.lock_mode(connection, mode)
    return await providers.get(connection, provider_id)


def _changed(config: ProviderConfig, change: ProviderChange) -> ProviderConfig:
    fields: dict[str, Any] = {
        "provider": change.provider,
        "model": change.model_name,
        "endpoint": change.endpoint,
        "api_key_env": change.api_key_env_var,
    }
    prices = {
        "input_price_per_mtok": change.input_price_per_mtok,
        "output_price_per_mtok": change.output_price_per_mtok,
    }
    fields |= {name: price if price is msgspec.UNSET else as_price(price) for name, price in prices.items()}
    return replace(config, **{name: value for name, value in fields.items() if value is not msgspec.UNSET})


def _shown(provider: Provider) -> dict[str, Any]:
    """For the audit log. Of the key only the name of its variable is known here."""
    config = provider.config
    return {
        "mode": provider.mode,
        "provider": config.provider,
        "model_name": config.model,
        "endpoint": config.endpoint,
        "api_key_env_var": config.api_key_env,
        "is_active": provider.is_active,
        "fallback_order": provider.fallback_order,
        "input_price_per_mtok": as_number(config.input_price_per_mtok),
        "output_price_per_mtok": as_number(config.output_price_per_mtok),
    }


def _replaced(deactivated: list[ProviderId]) -> dict[str, Any]:
    return {"deactivated": [str(provider_id) for provider_id in deactivated]} if deactivated else {}
