"""anthropic-python's clients: who is spoken to, with which key, and what their errors mean.

Importing the SDK takes two to three seconds (pydantic models of the whole API): only a call to Anthropic does it.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from shared.adapters import model_failures
from shared.adapters.model_connections import Connections, Secrets, key_of, timeouts
from shared.domain.chat import ProviderConfig, ProviderKind
from shared.errors import ModelFailed

if TYPE_CHECKING:
    import anthropic
    import httpx2

ANTHROPIC_URL = "https://api.anthropic.com"
# Anthropic has no codes for these two: told from any other 400 by their messages alone. A wording that changed would
# cost the reader the better sentence, no more.
_TOO_LONG, _FILTERED = "prompt is too long", "content filtering policy"


class AnthropicClients:
    """One SDK client for each provider in use. Made when first needed.

    `secret` gives the value of an environment variable that a provider names as its key.
    """

    def __init__(self, *, secret: Secrets = os.environ.get) -> None:
        self._secret = secret
        self._connections: Connections[anthropic.AsyncAnthropic] = Connections()

    def of(self, provider: ProviderConfig) -> "anthropic.AsyncAnthropic":
        """Raises ModelFailed (model_key_missing) when the key's variable is not set."""
        if provider.provider is not ProviderKind.ANTHROPIC:
            raise ValueError(f"a provider of kind {provider.provider} was given to the Anthropic adapter")
        key = key_of(provider, self._secret)
        identity = (provider.provider, provider.endpoint, provider.model, key)
        return self._connections.client(identity, lambda http: _make(provider, key, http))

    async def aclose(self) -> None:
        """Closes the connections of the running event loop."""
        await self._connections.aclose()


def _make(provider: ProviderConfig, key: str | None, http: "httpx2.AsyncClient") -> "anthropic.AsyncAnthropic":
    import anthropic

    # Retries are the adapter's. Its own traces stay off: what spans may hold is decided in one place, here nowhere.
    return anthropic.AsyncAnthropic(
        api_key=key,
        base_url=(provider.endpoint or ANTHROPIC_URL).rstrip("/"),
        max_retries=0,
        http_client=http,
        open_telemetry=False,
    )


async def post_stream(
    client: "anthropic.AsyncAnthropic", path: str, body: Mapping[str, Any], *, silence_s: float
) -> "httpx2.Response":
    """A call by the SDK's door for any path: its address, key, headers and errors, without its models. `silence_s`
    bounds the wait for each piece of the reply; the caller closes the response."""
    import anthropic
    import httpx2

    response = await client.post(
        path,
        cast_to=httpx2.Response,
        content=msgspec.json.encode(body),
        options={"timeout": timeouts(silence_s), "headers": {"content-type": "application/json"}},
        stream=True,
        stream_cls=anthropic.AsyncStream[object],
    )
    assert isinstance(response, httpx2.Response), "that is what `cast_to` asks for"
    return response


def model_failure(error: "anthropic.AnthropicError | httpx2.HTTPError") -> ModelFailed:
    """What a failed call means to people."""
    import anthropic
    import httpx2

    match error:
        case anthropic.APITimeoutError() | httpx2.TimeoutException():
            return model_failures.late()
        case anthropic.APIStatusError():
            said = (error.api_message or "") if error.status_code == 400 else ""
            if said.startswith(_TOO_LONG):
                return model_failures.too_long()
            if _FILTERED in said:
                return model_failures.question_filtered()
            return model_failures.of_status(error.status_code, error.error_code or "")
        case anthropic.APIConnectionError() | httpx2.HTTPError():
            return model_failures.unreachable()
        case _:
            return ModelFailed("The language model could not be asked.", code="model_refused_request")
