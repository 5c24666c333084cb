"""One GET through msgraph-sdk: its request adapter, its middleware, our token. Answers come as they are.

Importing this module imports the SDK (about 0.2 s): adapters do so when they are first used.
"""

from typing import cast

import httpx
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.method import Method
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_abstractions.request_option import RequestOption
from kiota_http.middleware.options import (
    RedirectHandlerOption,
    ResponseHandlerOption,
    RetryHandlerOption,
    UserAgentHandlerOption,
)
from msgraph._version import VERSION
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph_core import APIVersion, GraphClientFactory
from msgraph_core.middleware.options import GraphTelemetryHandlerOption

from shared.adapters.graph_access import USER_AGENT, AppTokens
from shared.adapters.graph_addresses import same_origin

TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class _Bearer(AccessTokenProvider):
    """The token, for addresses on Graph's own origin and for no other."""

    def __init__(self, base: httpx.URL, scope: str, tokens: AppTokens) -> None:
        self._base = base
        self._scope = scope
        self._tokens = tokens

    async def get_authorization_token(
        self, uri: str, additional_authentication_context: dict[str, object] | None = None
    ) -> str:
        return await self._tokens.token(self._scope) if same_origin(httpx.URL(uri), self._base) else ""

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([self._base.host])


class GraphPipeline:
    """The SDK's own retries and redirects are off: `GraphRequests` waits and repeats, and a redirect leads to another
    host that must not see the token."""

    def __init__(self, base_url: str, scope: str, tokens: AppTokens) -> None:
        options: dict[str, RequestOption] = {
            RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
            RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False),
            UserAgentHandlerOption.get_key(): UserAgentHandlerOption(enabled=False),
            GraphTelemetryHandlerOption.get_key(): GraphTelemetryHandlerOption(
                api_version=APIVersion.v1, sdk_version=VERSION
            ),
        }
        # A transport of our own, since the SDK's wrapper around it does not close it.
        self._transport = httpx.AsyncHTTPTransport(http2=True)
        client = httpx.AsyncClient(transport=self._transport, timeout=TIMEOUT)
        GraphClientFactory.create_with_default_middleware(client=client, options=options)
        self._adapter = GraphRequestAdapter(
            BaseBearerTokenAuthenticationProvider(_Bearer(httpx.URL(base_url), scope, tokens)), client
        )
        self._answer_as_is = ResponseHandlerOption(NativeResponseHandler())

    async def get(self, url: str) -> httpx.Response:
        """Any status. Raises httpx.TransportError, and Unavailable("entra") when there is no token."""
        information = RequestInformation(Method.GET)
        information.url = url
        information.headers.add("Accept", "application/json")
        information.headers.add("User-Agent", USER_AGENT)
        information.add_request_options([self._answer_as_is])
        # "bytes" is what the SDK would decode to; the response handler answers before it does.
        response = await self._adapter.send_primitive_async(information, "bytes", {})
        return cast(httpx.Response, response)

    async def close(self) -> None:
        await self._transport.aclose()
