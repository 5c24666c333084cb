"""Trying a provider out over HTTP: a real call by the app's own adapters, told in words, with no key in them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from devstack.models.app import create_app
from devstack.serving import ServerThread
from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.domain.identity import Role
from tests.security.in_process import Api, Someone, in_process
from tests.security.test_admin_providers import PROVIDERS, SECRET, made
from tests.security.test_administration import told, trail


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerThread]:
    with ServerThread(create_app(tmp_path_factory.mktemp("models"))) as server:
        yield server


@dataclass
class Levers:
    """Of the model server."""

    http: httpx.Client

    def clear(self) -> None:
        for left in ("faults", "script", "requests"):
            self.http.delete(left).raise_for_status()

    def says(self, text: str) -> None:
        self.http.post("script", json={"text": text, "task": "any"}).raise_for_status()

    def breaks(self, then: dict[str, Any]) -> None:
        self.http.post("faults", json=[{"match": {"path": "/chat/completions"}, "then": then}]).raise_for_status()

    def asked(self) -> list[dict[str, Any]]:
        return self.http.get("requests").json()["requests"]


@pytest.fixture
def control(models: ServerThread) -> Iterator[Levers]:
    with httpx.Client(base_url=f"{models.url}/_control", trust_env=False) as http:
        levers = Levers(http)
        levers.clear()
        yield levers


@pytest.fixture
async def api(database: Database, redis_server: Redis, models: ServerThread) -> AsyncIterator[Api]:
    """The settings' own model is the model server: its address is one that Nexus may call."""
    settings = {"NEXUS_CHAT_ENDPOINT": f"{models.url}/v1", "OPENAI_API_KEY": SECRET, "ANTHROPIC_API_KEY": SECRET}
    async with in_process(database, redis_server, **settings) as api:
        yield api
        for clients in ("model_clients", "anthropic_clients"):
            if clients in vars(api.runtime):
                await vars(api.runtime)[clients].aclose()


@pytest.fixture
async def ada(api: Api) -> Someone:
    return await api.person("ada", Role.SUPER_ADMIN)


def at(models: ServerThread, provider: str) -> dict[str, Any]:
    model = {"openai": "gpt-4.1", "azure": "our-gpt", "anthropic": "claude-opus-4-8"}[provider]
    key = "ANTHROPIC_API_KEY" if provider == "anthropic" else "OPENAI_API_KEY"
    endpoint = f"{models.url}/v1" if provider == "openai" else models.url
    return {"provider": provider, "model_name": model, "endpoint": endpoint, "api_key_env_var": key}


async def test_a_test_is_a_real_call_with_the_models_reply_and_both_times(
    ada: Someone, control: Levers, models: ServerThread
) -> None:
    for provider in ("openai", "azure", "anthropic"):
        control.clear()
        control.says("I am ready.")
        row = await made(ada, **at(models, provider))
        trial = await told(ada, "POST", f"{PROVIDERS}/{row['id']}/test", 200)
        assert (trial["ok"], trial["reply"], trial["code"], trial["detail"]) == (True, "I am ready.", None, None)
        assert 0 <= trial["first_token_ms"] <= trial["latency_ms"]
        assert trial["output_tokens"] > 0
        (asked,) = control.asked()
        assert row["model_name"] in asked["path"] + asked["body"]
        entry = (await trail(ada, action="provider.test"))[0]
        assert (entry["outcome"], entry["target"], entry["detail"]["code"]) == ("ok", row["id"], None)


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"status": 401}, "model_key_missing"),
    ({"status": 404}, "model_not_found"),
    ({"status": 400}, "model_refused_request"),
    ({"status": 429, "headers": {"retry-after": "600"}}, "model_rate_limited"),
    ({"truncate_after": 30}, "model_stream_cut"),
]


async def test_r04_what_is_wrong_is_told_in_words_and_no_fallback_is_asked(
    ada: Someone, control: Levers, models: ServerThread
) -> None:
    row = await made(ada, is_active=True, **at(models, "openai"))
    await made(ada, fallback_order=1, **at(models, "azure"))
    for then, code in FAULTS:
        control.clear()
        control.breaks(then)
        reply = await ada.call("POST", f"{PROVIDERS}/{row['id']}/test")
        trial = reply.json()
        assert (reply.status_code, trial["ok"], trial["code"]) == (200, False, code)
        assert trial["detail"].endswith(".")
        assert SECRET not in reply.text
        assert "127.0.0.1" not in reply.text
        assert {asked["path"] for asked in control.asked()} == {"/v1/chat/completions"}
    entries = await trail(ada, action="provider.test")
    assert {entry["outcome"] for entry in entries} == {"failed"}
    assert [entry["detail"]["code"] for entry in reversed(entries)] == [code for _, code in FAULTS]


async def test_a_key_that_is_not_set_is_named_by_its_variable(ada: Someone, models: ServerThread) -> None:
    row = await made(ada, **at(models, "openai") | {"api_key_env_var": "NOT_SET_API_KEY"})
    trial = await told(ada, "POST", f"{PROVIDERS}/{row['id']}/test", 200)
    assert (row["is_key_set"], trial["ok"], trial["code"]) == (False, False, "model_key_missing")
    assert "NOT_SET_API_KEY" in trial["detail"]


async def test_s13_a_row_at_a_host_that_is_not_allowed_any_more_is_not_asked(
    ada: Someone, database: Database, control: Levers, models: ServerThread
) -> None:
    row = await made(ada, **at(models, "openai"))
    connection = await asyncpg.connect(database.dsn_app)
    foreign = models.url.replace("127.0.0.1", "localhost")
    await connection.execute("UPDATE llm_providers SET endpoint = $1", f"{foreign}/v1")
    await connection.close()
    trial = await told(ada, "POST", f"{PROVIDERS}/{row['id']}/test", 200)
    assert (trial["ok"], trial["code"]) == (False, "endpoint_not_allowed")
    assert control.asked() == []
    problem = await told(ada, "PATCH", f"{PROVIDERS}/{row['id']}", 422, {"is_active": True})
    assert [error["pointer"] for error in problem["errors"]] == ["/endpoint"]
    # its places and prices may still be put right
    await told(ada, "PATCH", f"{PROVIDERS}/{row['id']}", 200, {"fallback_order": 4})
