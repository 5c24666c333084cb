"""Wire models of the providers that serve each mode."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from shared.db.providers import Provider
from shared.domain.chat import Mode, ProviderConfig, ProviderKind
from shared.domain.ids import ProviderId
from shared.services.provider_testing import Trial
from shared.settings import secret_from_env
from shared.web.paging import PageQuery

type ModelName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=200, description="The model; for azure the deployment.")
]
type Endpoint = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=500,
        description="Null is the provider's public address. Hosts other than those of NEXUS_MODEL_HOSTS are refused.",
    ),
]
type KeyVariable = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=500,
        description="The name of the environment variable that holds the key, never a key. KEY must be a word of it.",
        examples=["OPENAI_API_KEY"],
    ),
]
type FallbackOrder = Annotated[
    int,
    msgspec.Meta(ge=1, le=1000, description="Its place among those asked when the active one gives no first token."),
]
type Price = Annotated[
    float,
    msgspec.Meta(ge=0, le=1_000_000, description="For a million tokens, kept to four places; null where unknown."),
]


class ProvidersQuery(PageQuery, forbid_unknown_fields=True):
    mode: Mode | None = None


class NewProvider(msgspec.Struct, forbid_unknown_fields=True):
    """`api_key_env_var` left out is OPENAI_API_KEY or ANTHROPIC_API_KEY; azure without one signs in with the managed
    identity. `is_active` deactivates the one that was active in this mode."""

    mode: Mode
    provider: ProviderKind
    model_name: ModelName
    endpoint: Endpoint | None = None
    api_key_env_var: KeyVariable | msgspec.UnsetType | None = msgspec.UNSET
    is_active: bool = False
    fallback_order: FallbackOrder | None = None
    input_price_per_mtok: Price | None = None
    output_price_per_mtok: Price | None = None


class ProviderChange(msgspec.Struct, forbid_unknown_fields=True):
    """A field left out stays as it is. `is_active` true deactivates the one that was active; false leaves the mode to
    the provider of the settings until another is activated."""

    provider: ProviderKind | msgspec.UnsetType = msgspec.UNSET
    model_name: ModelName | msgspec.UnsetType = msgspec.UNSET
    endpoint: Endpoint | msgspec.UnsetType | None = msgspec.UNSET
    api_key_env_var: KeyVariable | msgspec.UnsetType | None = msgspec.UNSET
    is_active: bool | msgspec.UnsetType = msgspec.UNSET
    fallback_order: FallbackOrder | msgspec.UnsetType | None = msgspec.UNSET
    input_price_per_mtok: Price | msgspec.UnsetType | None = msgspec.UNSET
    output_price_per_mtok: Price | msgspec.UnsetType | None = msgspec.UNSET


class ProviderView(msgspec.Struct):
    """`is_key_set`: the variable has a value where this was answered; the value is never told. False where none is
    named. `fallback_order` null is asked only while active."""

    id: ProviderId
    mode: Mode
    provider: ProviderKind
    model_name: str
    endpoint: str | None
    api_key_env_var: str | None
    is_key_set: bool
    is_active: bool
    fallback_order: int | None
    input_price_per_mtok: float | None
    output_price_per_mtok: float | None
    updated_at: datetime

    @classmethod
    def of(cls, provider: Provider) -> "ProviderView":
        config = provider.config
        return cls(
            id=provider.id,
            mode=provider.mode,
            provider=config.provider,
            model_name=config.model,
            endpoint=config.endpoint,
            api_key_env_var=config.api_key_env,
            is_key_set=is_key_set(config),
            is_active=provider.is_active,
            fallback_order=provider.fallback_order,
            input_price_per_mtok=as_number(config.input_price_per_mtok),
            output_price_per_mtok=as_number(config.output_price_per_mtok),
            updated_at=provider.updated_at,
        )


class DefaultProvider(msgspec.Struct):
    """What serves a mode without an active provider, from the settings; and where providers may be."""

    provider: ProviderKind
    model_name: str
    endpoint: str | None
    api_key_env_var: str | None
    is_key_set: bool
    allowed_hosts: list[str]

    @classmethod
    def of(cls, config: ProviderConfig, allowed_hosts: tuple[str, ...]) -> "DefaultProvider":
        return cls(
            config.provider,
            config.model,
            config.endpoint,
            config.api_key_env,
            is_key_set(config),
            list(allowed_hosts),
        )


class TrialView(msgspec.Struct):
    """`code` and `detail` say what is wrong, null when `ok`. Milliseconds as an answer would need them; `reply` is
    what the model said, at most 500 characters of it, also when it broke off."""

    ok: bool
    latency_ms: int
    first_token_ms: int | None
    reply: str
    finish_reason: str | None
    input_tokens: int | None
    output_tokens: int | None
    code: str | None
    detail: str | None

    @classmethod
    def of(cls, trial: Trial) -> "TrialView":
        shown = {name: getattr(trial, name) for name in cls.__struct_fields__ if name != "ok"}
        return cls(ok=trial.code is None, **shown)


def is_key_set(config: ProviderConfig) -> bool:
    return config.api_key_env is not None and bool((secret_from_env(config.api_key_env) or "").strip())


def as_number(price: Decimal | None) -> float | None:
    return None if price is None else float(price)


def as_price(number: float | None) -> Decimal | None:
    """As written: 0.1 is a tenth."""
    return None if number is None else Decimal(str(number))
