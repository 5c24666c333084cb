"""Wrong requests get OpenAI's own kind of answer: status, shape, code."""

from typing import Any

import httpx
import openai
import pytest

from devstack.models.app import create_app
from devstack.serving import ServerThread

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
EMBED = {"model": "text-embedding-3-large", "input": "x"}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/embeddings", "/v1/responses"])
def test_without_a_key_nothing_is_said(server: ServerThread, path: str) -> None:
    reply = httpx.post(server.url + path, json=CHAT)
    assert reply.status_code == 401
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert "You didn't provide an API key" in reply.json()["error"]["message"]
    azure = httpx.post(server.url + path.replace("/v1", "/openai/v1"), json=CHAT)
    assert azure.status_code == 401
    assert "invalid subscription key" in azure.json()["error"]["message"]


def test_each_service_takes_its_own_header(server: ServerThread) -> None:
    key = {"api-key": "k"}
    assert httpx.post(f"{server.url}/v1/embeddings", json=EMBED, headers=key).status_code == 401
    assert httpx.post(f"{server.url}/openai/v1/embeddings", json=EMBED, headers=key).status_code == 200
    bearer = {"authorization": "Bearer k"}
    assert httpx.post(f"{server.url}/v1/embeddings", json=EMBED, headers=bearer).status_code == 200


def test_a_configured_key_is_the_only_one(tmp_path: Any) -> None:
    with ServerThread(create_app(tmp_path, api_key="right-key-123")) as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="wrong-key-456", max_retries=0)
        with pytest.raises(openai.AuthenticationError) as refused:
            client.models.list()
        assert refused.value.code == "invalid_api_key"
        assert "wrong-key-456" not in str(refused.value)
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="right-key-123").models.list()


def test_azures_old_paths_want_a_version(model: httpx.Client) -> None:
    path = "/openai/deployments/d/embeddings"
    assert model.post(path, json=EMBED).status_code == 404
    assert model.post(f"{path}?api-version=2024-10-21", json=EMBED).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"input": ["x"] * 2049}, 400, "array_above_max_length", "input"),
        ({"input": "fine fox " * 9000}, 400, None, None),
        ({"input": ["quick brown fox " * 2000] * 60}, 400, "max_tokens_per_request", None),
        ({"input": []}, 400, None, None),
        ({"input": ["a", ""]}, 400, None, None),
        ({"input": [1, 2, 3]}, 400, None, "input"),
        ({"input": [[1, 2], [3]]}, 400, None, "input"),
        ({"input": {"text": "x"}}, 400, None, None),
        ({"input": None}, 400, None, None),
        ({"dimensions": 0}, 400, "invalid_value", "dimensions"),
        ({"dimensions": 3073}, 400, "invalid_value", "dimensions"),
        ({"encoding_format": "hex"}, 400, "invalid_value", "encoding_format"),
        ({"model": "llama-3"}, 404, "model_not_found", None),
        ({"model": None}, 400, None, None),
    ],
)
def test_wrong_embedding_requests(
    model: httpx.Client, change: dict[str, Any], status: int, code: str | None, param: str | None
) -> None:
    reply = model.post("/v1/embeddings", json=EMBED | change)
    assert reply.status_code == status
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["code"], error["param"]) == (code, param)


def test_exactly_2048_inputs_are_taken(model: httpx.Client) -> None:
    reply = model.post("/v1/embeddings", json=EMBED | {"input": ["x"] * 2048, "dimensions": 8})
    assert len(reply.json()["data"]) == 2048


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"messages": []}, 400, "empty_array"),
        ({"messages": "Hello"}, 400, "empty_array"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, 400, "invalid_value"),
        ({"messages": [{"role": "user", "content": 3}]}, 400, "invalid_type"),
        ({"max_tokens": 0}, 400, "integer_below_min_value"),
        ({"stream_options": {"include_usage": True}}, 400, None),
        ({"messages": [{"role": "user", "content": "quick brown fox " * 50_000}]}, 400, "context_length_exceeded"),
        ({"model": "llama-3"}, 404, "model_not_found"),
    ],
)
def test_wrong_chat_requests(model: httpx.Client, change: dict[str, Any], status: int, code: str | None) -> None:
    reply = model.post("/v1/chat/completions", json=CHAT | change)
    assert reply.status_code == status
    assert reply.json()["error"]["code"] == code


def test_no_json_and_unknown_paths_are_answered_in_shape(model: httpx.Client) -> None:
    assert model.post("/v1/embeddings", content=b"{").json()["error"]["type"] == "invalid_request_error"
    assert model.post("/v1/embeddings", content=b"[]").status_code == 400
    assert model.get("/v1/nothing").json()["error"]["message"] == "Invalid URL (GET /v1/nothing)"
    assert model.get("/v1/embeddings").status_code == 405


def test_lone_surrogates_are_survived(model: httpx.Client) -> None:
    reply = model.post(
        "/v1/embeddings",
        content=b'{"model": "text-embedding-3-large", "input": "a \\ud800 b"}',
        headers={"content-type": "application/json"},
    )
    assert reply.status_code == 200
