"""openai-python's clients for chat and embeddings: who is spoken to, with which key, and what their errors mean."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec

from shared.domain.chat import ProviderConfig, ProviderKind
from shared.errors import ModelFailed

if TYPE_CHECKING:
    import httpx2
    import openai

OPENAI_URL = "https://api.openai.com/v1"
AZURE_SCOPE = "https://cognitiveservices.azure.com/.default"
CONNECT_TIMEOUT_S = 5.0

type TokenSource = Callable[[], Awaitable[str]]


class OpenAIClients:
    """One SDK client for each provider in use, over one connection pool an event loop. Made when first needed.

    `secret` gives the value of an environment variable that a provider names as its key. `azure_token` gives tokens
    for Azure without a key; by default those of the managed identity. `azure_api_version` None speaks Azure's v1
    API; a dated version speaks the older deployment paths, which some gateways still ask for.
    """

    def __init__(
        self,
        *,
        secret: Callable[[str], str | None] = os.environ.get,
        azure_token: TokenSource | None = None,
        azure_api_version: str | None = None,
    ) -> None:
        self._secret = secret
        self._azure_token = azure_token
        self._azure_api_version = azure_api_version
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClients] = WeakKeyDictionary()

    def of(self, provider: ProviderConfig) -> "openai.AsyncOpenAI":
        """Raises ModelFailed (model_key_missing) when the key's variable is not set."""
        key = self._key(provider)
        loop = asyncio.get_running_loop()
        clients = self._loops.get(loop)
        if clients is None:
            clients = self._loops[loop] = _LoopClients()
        # The key's value is part of it: a rotated key is used at once.
        identity = (provider.provider, provider.endpoint, provider.model, key)
        client = clients.made.get(identity)
        if client is None:
            client = clients.made[identity] = self._make(provider, key, clients.http)
        return client

    async def aclose(self) -> None:
        """Closes the connections of the running event loop."""
        clients = self._loops.pop(asyncio.get_running_loop(), None)
        if clients is not None:
            await clients.http.aclose()

    def _key(self, provider: ProviderConfig) -> str | None:
        if provider.api_key_env is None:
            if provider.provider is ProviderKind.AZURE:
                return None
            raise ModelFailed("The provider names no variable for its key.", code="model_key_missing")
        key = (self._secret(provider.api_key_env) or "").strip()
        if not key:
            raise ModelFailed(
                f"The variable {provider.api_key_env}, which should hold the provider's key, is not set.",
                code="model_key_missing",
            )
        return key

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
            from azure.identity.aio import DefaultAzureCredential, get_bearer_token_provider

            self._azure_token = get_bearer_token_provider(DefaultAzureCredential(), AZURE_SCOPE)
        return self._azure_token


class _LoopClients:
    """Connections belong to the event loop that opened them."""

    def __init__(self) -> None:
        import httpx2
        import openai

        # The SDK's own aiohttp transport: half the CPU a streamed token of its default one (bench/RESULTS.md, relay).
        # No redirects: a key would travel to wherever a misconfigured gateway points.
        self.http: httpx2.AsyncClient = openai.DefaultAioHttpClient(
            follow_redirects=False,
            timeout=httpx2.Timeout(30.0, connect=CONNECT_TIMEOUT_S),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=60.0),
        )
        self.made: dict[tuple[ProviderKind, str | None, str, str | None], openai.AsyncOpenAI] = {}


async def post(
    client: "openai.AsyncOpenAI", path: str, body: Mapping[str, Any], *, silence_s: float, stream: bool = False
) -> "httpx2.Response":
    """A call by the SDK's door for any path: its address, key, headers and errors, without its models.

    The typed methods walk the body once more for fields to rename (0.7 ms for a short chat) and parse the reply.
    `silence_s` bounds the wait for each piece of the reply. With `stream` the caller closes the response.
    """
    import httpx2
    import openai

    response = await client.post(
        path,
        cast_to=httpx2.Response,
        content=msgspec.json.encode(body),
        options={"timeout": httpx2.Timeout(silence_s, connect=CONNECT_TIMEOUT_S)},
        stream=stream,
        stream_cls=openai.AsyncStream[object],
    )
    assert isinstance(response, httpx2.Response), "that is what `cast_to` asks for"
    return response


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wait that a reply asks for, in seconds: `retry-after-ms`, or `Retry-After` as seconds or as a date."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        given = headers.get(name)
        if given is None:
            continue
        try:
            return max(0.0, float(given) * unit_s)
        except ValueError:
            pass  # not a number: a date, or nothing we know
        try:
            return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
        except ValueError:
            continue
    return None


def model_failure(error: "openai.OpenAIError | httpx2.HTTPError") -> ModelFailed:
    """What a failed call means to people. The provider's own words stay out: they can quote prompts and hosts."""
    import httpx2
    import openai

    match error:
        case openai.APITimeoutError() | httpx2.TimeoutException() if _timed_out(error):
            return ModelFailed("The language model did not answer in time.", code="model_timeout")
        case openai.APIStatusError():
            return _status_failure(error.status_code, error.code or "")
        case openai.APIConnectionError() | httpx2.HTTPError():
            return ModelFailed("The language model cannot be reached.", code="model_unavailable")
        case _:
            return ModelFailed("The language model could not be asked.", code="model_refused_request")


def _timed_out(error: BaseException | None) -> bool:
    """The aiohttp transport calls a reset connection a timeout as well; the cause tells them apart."""
    while error is not None:
        if isinstance(error, TimeoutError):
            return True
        error = error.__cause__
    return False


def _status_failure(status: int, code: str) -> ModelFailed:
    match status, code:
        case _, "content_filter":
            return ModelFailed("The provider's content filter refused this question.", code="content_filtered")
        case _, "context_length_exceeded":
            return ModelFailed(
                "The question with its passages is too long for the model.", code="model_context_too_long"
            )
        case ((401 | 403), _):
            return ModelFailed("The language model's provider refuses our key.", code="model_key_missing")
        case 404, _:
            return ModelFailed("The provider does not know the configured model.", code="model_not_found")
        case 429, _:
            return ModelFailed("The language model is busy. Try again shortly.", code="model_rate_limited")
        case 408, _:
            return ModelFailed("The language model did not answer in time.", code="model_timeout")
        case _ if status >= 500:
            return ModelFailed("The language model has a problem right now.", code="model_unavailable")
        case _:
            return ModelFailed("The language model refused the request.", code="model_refused_request")
