"""openai-python's clients for chat and embeddings: who is spoken to, with which key, and what their errors mean."""

import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from shared.adapters import model_failures
from shared.adapters.model_connections import Connections, Secrets, key_of, timeouts
from shared.domain.chat import ProviderConfig, ProviderKind
from shared.errors import ModelFailed, Unavailable

if TYPE_CHECKING:
    import httpx2
    import openai

OPENAI_URL = "https://api.openai.com/v1"
AZURE_SCOPE = "https://cognitiveservices.azure.com/.default"

type TokenSource = Callable[[], Awaitable[str]]


class OpenAIClients:
    """One SDK client for each provider in use. Made when first needed.

    `secret` gives the value of an environment variable that a provider names as its key. `azure_token` gives tokens
    for Azure without a key, by default those of the managed identity, and raises Unavailable. `azure_api_version`
    None speaks Azure's v1 API; a dated version speaks the older deployment paths, which some gateways still ask for.
    """

    def __init__(
        self,
        *,
        secret: Secrets = os.environ.get,
        azure_token: TokenSource | None = None,
        azure_api_version: str | None = None,
    ) -> None:
        self._secret = secret
        self._azure_token = azure_token
        self._azure_api_version = azure_api_version
        self._connections: Connections[openai.AsyncOpenAI] = Connections()

    def of(self, provider: ProviderConfig) -> "openai.AsyncOpenAI":
        """Raises ModelFailed (model_key_missing) when the key's variable is not set."""
        key = key_of(provider, self._secret)
        identity = (provider.provider, provider.endpoint, provider.model, key)
        return self._connections.client(identity, lambda http: self._make(provider, key, http))

    async def aclose(self) -> None:
        """Closes the connections of the running event loop."""
        await self._connections.aclose()

    def _make(self, provider: ProviderConfig, key: str | None, http: "httpx2.AsyncClient") -> "openai.AsyncOpenAI":
        import openai

        if provider.provider is ProviderKind.ANTHROPIC:
            raise ValueError("an anthropic provider was given to the OpenAI adapter")
        # Retries are the adapters': one before the first token for chat, bounded backoff for embeddings.
        if provider.provider is not ProviderKind.AZURE:
            url = provider.endpoint or OPENAI_URL
            return openai.AsyncOpenAI(api_key=key, base_url=url, max_retries=0, http_client=http)
        if provider.endpoint is None:
            raise ModelFailed("The Azure provider has no endpoint.", code="model_refused_request")
        endpoint = provider.endpoint.rstrip("/")
        if self._azure_api_version is None:
            base_url = endpoint if endpoint.endswith("/openai/v1") else f"{endpoint}/openai/v1"
            given = key if key is not None else self._token_source()
            return openai.AsyncOpenAI(api_key=given, base_url=base_url, max_retries=0, http_client=http)
        return openai.AsyncAzureOpenAI(
            azure_endpoint=endpoint,
            azure_deployment=provider.model,
            api_version=self._azure_api_version,
            api_key=key,
            azure_ad_token_provider=None if key is not None else self._token_source(),
            max_retries=0,
            http_client=http,
        )

    def _token_source(self) -> TokenSource:
        if self._azure_token is None:
            from shared.adapters.client_credentials import AppTokens, ManagedIdentitySource

            self._azure_token = partial(AppTokens(ManagedIdentitySource()).token, AZURE_SCOPE)
        return _readable(self._azure_token)


def _readable(source: TokenSource) -> TokenSource:
    """The same tokens; an identity that gives none is a model that cannot be asked, not a defect."""

    async def token() -> str:
        from azure.core.exceptions import ClientAuthenticationError

        try:
            return await source()
        except Unavailable as error:
            refused = isinstance(error.__cause__, ClientAuthenticationError)
            raise (model_failures.key_refused() if refused else model_failures.unreachable()) from error

    return token


async def post(
    client: "openai.AsyncOpenAI", path: str, body: Mapping[str, Any], *, silence_s: float, stream: bool = False
) -> "httpx2.Response":
    """A call by the SDK's door for any path: its address, key, headers and errors, without its models.

    The typed methods walk the body once more for fields to rename (0.7 ms for a short chat) and parse the reply.
    `silence_s` bounds the wait for each piece of the reply. With `stream` the caller closes the response.
    """
    import httpx2
    import openai

    # Whole, since joining it with the base takes the SDK 0.1 ms; only Azure's old paths must be seen as they are.
    address = path if isinstance(client, openai.AsyncAzureOpenAI) else str(client.base_url).rstrip("/") + path
    response = await client.post(
        address,
        cast_to=httpx2.Response,
        content=msgspec.json.encode(body),
        options={"timeout": timeouts(silence_s)},
        stream=stream,
        stream_cls=openai.AsyncStream[object],
    )
    assert isinstance(response, httpx2.Response), "that is what `cast_to` asks for"
    return response


def model_failure(error: "openai.OpenAIError | httpx2.HTTPError") -> ModelFailed:
    """What a failed call means to people."""
    import httpx2
    import openai

    match error:
        case openai.APITimeoutError() | httpx2.TimeoutException():
            return model_failures.late()
        case openai.APIStatusError():
            return model_failures.of_status(error.status_code, error.code or "")
        case openai.APIConnectionError() | httpx2.HTTPError():
            return model_failures.unreachable()
        case _:
            return ModelFailed("The language model could not be asked.", code="model_refused_request")
