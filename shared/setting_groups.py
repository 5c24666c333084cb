"""Settings that belong together, as `shared/settings.py` holds them."""

from dataclasses import dataclass

from shared.domain.notebook import NotebookLimits


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One HS256 key (at least 32 bytes). The first of several signs, all verify: that is how keys rotate."""

    kid: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class EntraSettings:
    """`tenant_id` is where SharePoint is, and who may sign in unless `allowed_tenants` says otherwise. Without a client
    secret Nexus proves who it is by the managed identity that is named here."""

    authority: str
    tenant_id: str
    client_id: str
    client_secret: str | None
    redirect_uris: tuple[str, ...]
    allowed_tenants: tuple[str, ...] = ()
    managed_identity_client_id: str | None = None

    @property
    def tenants(self) -> tuple[str, ...]:
        """Whose people may sign in; never empty."""
        return self.allowed_tenants or (self.tenant_id,)

    @property
    def sign_in_authority(self) -> str:
        """Where people are sent: with several tenants, to the place that finds out which is theirs."""
        return f"{self.authority}/{'organizations' if self.allowed_tenants else self.tenant_id}"


@dataclass(frozen=True, slots=True)
class GraphSettings:
    base_url: str
    scope: str
    download_hosts: tuple[str, ...]
    max_file_bytes: int


@dataclass(frozen=True, slots=True)
class NotebookSettings:
    """Without a `url` Nexus reads and answers by itself. `scope` asks Entra for a token by managed identity; else the
    environment variable `api_key_env` holds one."""

    url: str | None
    api_key_env: str | None
    scope: str | None
    limits: NotebookLimits
