"""What all endpoints share: who may call, how a refusal looks at OpenAI and at Azure, how a body is read."""

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from bpe_openai._bindings import PyTokenizer

MISSING_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY)."
)
AZURE_DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)


class Refused(Exception):
    """An error reply in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str | None = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": kind, "param": param, "code": code, **(more or {})}

    def response(self) -> JSONResponse:
        return JSONResponse({"error": self.error}, self.status)


@dataclass(frozen=True, slots=True)
class Door:
    """Which of the two services a request came to. On Azure the old paths name the deployment."""

    azure: bool
    deployment: str | None = None


def door(request: Request) -> Door:
    """Raises Refused (401) without a key, and (404) for Azure's old paths without `api-version`."""
    azure = request.url.path.startswith("/openai/")
    wanted: str | None = request.app.state.api_key
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else ""
    if azure:
        given = request.headers.get("api-key", "") or given
    if not given or (wanted is not None and given != wanted):
        if azure:
            raise Refused(401, AZURE_DENIED, kind=None, code="401")
        if not given:
            raise Refused(401, MISSING_KEY)
        shown = f"{given[:3]}{'*' * 8}{given[-4:]}" if len(given) > 8 else "*" * len(given)
        raise Refused(
            401,
            f"Incorrect API key provided: {shown}. You can find your API key at "
            "https://platform.openai.com/account/api-keys.",
            code="invalid_api_key",
        )
    if azure and not request.url.path.startswith("/openai/v1/") and not request.query_params.get("api-version"):
        raise Refused(404, "Resource not found", kind=None, code="404")
    return Door(azure, request.path_params.get("deployment"))


async def json_object(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise Refused(400, f"We could not parse the JSON body of your request. ({error})") from error
    if not isinstance(body, dict):
        raise Refused(400, "The JSON body of your request must be an object.")
    return body


def model_of(body: dict[str, Any], entrance: Door) -> str:
    """The model's or deployment's name. Raises Refused (400) without one and (404) for one that nobody offers."""
    if entrance.deployment is not None:
        return entrance.deployment
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Refused(400, "you must provide a model parameter")
    # Azure's names are the customer's; OpenAI's all begin like these.
    if not entrance.azure and not model.startswith(("gpt-", "o1", "o3", "o4", "chatgpt-", "text-embedding-")):
        raise Refused(
            404,
            f"The model `{model}` does not exist or you do not have access to it.",
            code="model_not_found",
        )
    return model


def clean(text: str) -> str:
    """Lone surrogates, which JSON can carry and UTF-8 cannot, become question marks."""
    return text.encode("utf-8", "replace").decode()


@cache
def tokenizer() -> "PyTokenizer":
    """o200k. The binding itself: the package's tiktoken-like wrapper has no `count` and takes long to import."""
    from bpe_openai._bindings import tokenizer_for_encoding

    return tokenizer_for_encoding("o200k_base")
