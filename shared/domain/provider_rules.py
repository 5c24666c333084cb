"""What an administrator may write into a provider: where it may be (S13), which variables may hold its key, and that
nothing in it is a key itself (no secret is in the database)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from shared.domain.chat import ProviderConfig, ProviderKind
from shared.domain.redaction import redacted
from shared.errors import FieldError, Invalid

# The public addresses of the three kinds; a company's Azure resources lie below the last three.
PUBLIC_HOSTS = (
    "api.openai.com",
    "api.anthropic.com",
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "services.ai.azure.com",
)
USUAL_KEYS = {ProviderKind.OPENAI: "OPENAI_API_KEY", ProviderKind.ANTHROPIC: "ANTHROPIC_API_KEY"}

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::(?P<port>\d{1,5}))?"
    r"(?P<path>(?:/[\w.~%-]+)*)/?",
    re.ASCII | re.IGNORECASE,
)
_IP_LIKE = re.compile(r"[\d.]+|\[.*\]|0x[0-9a-f.x]*", re.IGNORECASE)
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]")
# A word of the name must be KEY, as in OPENAI_API_KEY or AZURE_OPENAI_KEY_EU: whatever else the environment holds
# (connection strings, the client secret) cannot be sent to a provider by naming it. Nor can keys of Nexus and Azure.
_VARIABLE = re.compile(r"(?:[A-Z][A-Z0-9]*_(?:[A-Z0-9]+_)*)?KEY(?:_[A-Z0-9]+)*")
_NOT_FOR_MODELS = ("NEXUS_", "WEBSITE_", "CONTAINER_")
_MODEL = re.compile(r"[A-Za-z0-9][\w.:/@+-]{0,199}", re.ASCII)
_HEX_KEY = re.compile(r"[0-9a-fA-F]{32,}")
_PRICE_PLACES = Decimal("0.0001")

_NO_KEY = "This looks like a key. Keys are never stored: set it as an environment variable and name that"


@dataclass(frozen=True, slots=True)
class ProviderRules:
    """`hosts` as in NEXUS_MODEL_HOSTS, `origins` (scheme, host, port) are those of the settings' own models."""

    hosts: tuple[str, ...]
    origins: frozenset[tuple[str, str, int]] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str], endpoints: Iterable[str | None]) -> "ProviderRules":
        """`endpoints`: what the settings name is allowed, whatever its host."""
        found = (_ADDRESS.fullmatch(endpoint) for endpoint in endpoints if endpoint)
        return cls(
            tuple(host.lower().strip(".") for host in hosts if host.strip(".")),
            frozenset(_origin(address) for address in found if address),
        )

    def checked(self, wanted: ProviderConfig) -> ProviderConfig:
        """As it is to be stored. Raises Invalid, naming every field that is wrong and repeating no value."""
        found = {
            "model_name": _model_problem(wanted.model),
            "api_key_env_var": _variable_problem(wanted),
            "endpoint": self._missing_endpoint(wanted) or self.endpoint_problem(wanted.endpoint),
        }
        errors = tuple(FieldError(f"/{name}", detail) for name, detail in found.items() if detail)
        if errors:
            raise Invalid(" ".join(f"{error.detail}." for error in errors), errors=errors, code="provider_invalid")
        return replace(
            wanted,
            endpoint=_normal(wanted.endpoint),
            input_price_per_mtok=_price(wanted.input_price_per_mtok),
            output_price_per_mtok=_price(wanted.output_price_per_mtok),
        )

    def endpoint_problem(self, endpoint: str | None) -> str | None:
        """Why Nexus must not call this address, in a sentence without its stop; None when it may."""
        if endpoint is None:
            return None
        address = _ADDRESS.fullmatch(endpoint)
        if address is None:
            return "An endpoint is https://host with an optional path: no user, no query, no fragment"
        if redacted(endpoint) != endpoint or any(_HEX_KEY.fullmatch(part) for part in endpoint.split("/")):
            return _NO_KEY
        origin = _origin(address)
        if origin in self.origins or self._admits(*origin):
            return None
        return "Nexus may not call this address: IT allows hosts of models in NEXUS_MODEL_HOSTS, by https"

    def _admits(self, scheme: str, host: str, port: int) -> bool:
        """A host of the list or below one, on https' own port; "host:port" admits that port. A loopback host may speak
        http on any port, but only where the list names it."""
        if _LOOPBACK.fullmatch(host):
            return host in self.hosts or f"{host}:{port}" in self.hosts
        if scheme != "https":
            return False
        if f"{host}:{port}" in self.hosts:
            return True
        is_below = not _IP_LIKE.fullmatch(host) and any(host.endswith(f".{each}") for each in self.hosts)
        return port == 443 and (host in self.hosts or is_below)

    @staticmethod
    def _missing_endpoint(wanted: ProviderConfig) -> str | None:
        is_missing = wanted.provider is ProviderKind.AZURE and wanted.endpoint is None
        return "An Azure provider needs the address of its resource" if is_missing else None


def _origin(address: re.Match[str]) -> tuple[str, str, int]:
    scheme = address["scheme"].lower()
    return scheme, address["host"].lower(), int(address["port"] or (443 if scheme == "https" else 80))


def _normal(endpoint: str | None) -> str | None:
    """Scheme and host in lower case, no slash at the end."""
    if endpoint is None:
        return None
    start = endpoint.find("/", endpoint.index("://") + 3)
    cut = len(endpoint) if start == -1 else start
    return endpoint[:cut].lower() + endpoint[cut:].rstrip("/")


def _model_problem(model: str) -> str | None:
    if redacted(model) != model or _HEX_KEY.fullmatch(model):
        return _NO_KEY
    return None if _MODEL.fullmatch(model) else "This is not the name of a model or deployment"


def _variable_problem(wanted: ProviderConfig) -> str | None:
    name = wanted.api_key_env
    if name is None:
        by_identity = wanted.provider is ProviderKind.AZURE
        return None if by_identity else "This kind of provider needs a key: name its environment variable"
    if len(name) <= 100 and _VARIABLE.fullmatch(name):
        is_ours = name.startswith(_NOT_FOR_MODELS)
        return "This variable is not for keys of models" if is_ours else None
    if re.fullmatch(r"[A-Z][A-Z0-9_]{0,99}", name):
        return "Name a variable that is for a key: KEY must be a word of its name, as in OPENAI_API_KEY"
    return f"{_NO_KEY}, such as OPENAI_API_KEY"


def _price(price: Decimal | None) -> Decimal | None:
    """As many places as PostgreSQL keeps."""
    return None if price is None else price.quantize(_PRICE_PLACES, ROUND_HALF_UP)
