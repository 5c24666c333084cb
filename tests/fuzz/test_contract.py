"""schemathesis over the whole description, every check on, as everyone that there is: no 5xx, no broken promise.

`make test` makes few calls a route, always the same. For more: NEXUS_FUZZ_EXAMPLES=100 NEXUS_FUZZ_PHASES=examples,
coverage,fuzzing,stateful; for others NEXUS_FUZZ_SEED. What a run finds is mended in the route, with a plain test beside
that route's tests.
"""

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from shared.web import openapi
from shared.web.routes import Policy, Route
from tests.conftest import ROOT
from tests.functions import conftest as functions
from tests.functions.nexus import ADMIN, Nexus, eventually
from tests.functions.person import Person
from tests.functions.test_callers import ROLES as ROLE_OF
from tests.functions.test_callers import WITH_IDS
from tests.security.own_nexus import OwnNexus, client, own_nexus

SEED = os.environ.get("NEXUS_FUZZ_SEED", "7")
EXAMPLES = os.environ.get("NEXUS_FUZZ_EXAMPLES", "1")
PHASES = os.environ.get("NEXUS_FUZZ_PHASES", "fuzzing")
# To go on with one finding: --include-path /api/search, say.
MORE = shlex.split(os.environ.get("NEXUS_FUZZ_ARGUMENTS", ""))
RATES = json.dumps(dict.fromkeys(("sign_in", "refresh", "chat", "search", "upload", "admin", "general"), "9999/60"))
WHO = {"anonymous": None, "user": "alice", "content_manager": "carol", "super_admin": ADMIN}
# A rule that only the data breaks is refused with 422, too: hooks.py looks at those by itself.
SETTINGS = """
[checks]
enabled = true

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "413", "415", "422", "429"]

# "not now" is what this route is there to say
[[operations]]
include-operation-id = "health_ready"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", "503"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "4xx", "503"]
"""


@pytest.fixture(scope="module")
def nexus(
    postgres: Postgres, redis_server: Redis, qdrant_server: Qdrant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnNexus]:
    home = tmp_path_factory.mktemp("fuzz")
    settings = {"NEXUS_RATE_LIMITS": RATES, "NEXUS_STREAMS_PER_USER": "100", "NEXUS_NOTEBOOK_SESSIONS": "1000"}
    with own_nexus(home, postgres, redis_server, qdrant_server, people=(), **settings) as made:
        asyncio.run(functions._populate(made))
        made.script(text="Thirty days.")
        asyncio.run(eventually(lambda: _is_ready(made), "a ready app"))
        yield made


async def _is_ready(nexus: Nexus) -> bool:
    async with client(nexus) as http:
        return (await http.get("/api/health/ready")).status_code == 200


async def ids_for(nexus: Nexus, user: str) -> dict[str, dict[str, str]]:
    """By route, something of each kind that this person may name: made by what the walks of test_callers.py make."""
    async with client(nexus) as http:
        everyone = {name: Person(http, session) for name, session in nexus.sessions.items()}
        found: dict[str, dict[str, str]] = {}
        for route in openapi.registered():
            if route.name in WITH_IDS and route.policy.admits(ROLE_OF[user]):
                people = everyone | {"alice": everyone[user]} if route.policy is Policy.SIGNED_IN else everyone
                found[route.name] = await WITH_IDS[route.name][0](nexus, people) | await scopes(everyone[ADMIN], route)
        return found


async def scopes(admin: Person, route: Route) -> dict[str, str]:
    """Of what belongs to nobody there is one for each route, so that what one deletes no other misses."""
    made: dict[str, str] = {}
    if "{department_id}" in route.path:
        made["department_id"] = (await admin.post("admin/departments", {"name": f"Fuzz {uuid4()}"}))["id"]
    if "{country_id}" in route.path:
        listed = (await admin.get("admin/countries", limit=100))["items"]
        made["country_id"] = next((row["id"] for row in listed if row["code"] not in ("DE", "US")), listed[0]["id"])
    if "{user_id}" in route.path:
        made["user_id"] = (await admin.get("admin/users", q="mover"))["items"][0]["id"]
    return made


@dataclass(frozen=True, slots=True)
class Running:
    process: "subprocess.Popen[bytes]"
    said: Path


@pytest.fixture(scope="module")
def running(nexus: OwnNexus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    """schemathesis as everyone at once: it is mostly busy with itself."""
    home = tmp_path_factory.mktemp("schemathesis")
    (home / "schemathesis.toml").write_text(SETTINGS + "".join(exceptions(openapi.registered())))
    (home / "openapi.json").write_bytes(
        httpx.get(f"{nexus.host.url}/api/openapi.json", timeout=60, trust_env=False).content
    )
    started: dict[str, Running] = {}
    try:
        for role, user in WHO.items():
            started[role] = start(nexus, home, role, user)
        yield started
    finally:
        for each in started.values():
            each.process.kill()
            each.process.wait()


def exceptions(routes: Sequence[Route]) -> Iterator[str]:
    """What three checks cannot know. A word in a path where another route has an id: that route takes the methods that
    this one has not, and finds nothing of that name. A budget of its own that is taken away: the usual one counts, and
    is shown at the same address. And a form has no types: whatever is sent as its file are a file's bytes."""
    off = '\n[[operations]]\ninclude-path = "/api/{}"\nchecks.{}.enabled = false\n'
    for route in routes:
        others = [each for each in routes if each.path != route.path and "{" in each.path]
        if any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), route.path) for each in others):
            yield off.format(route.path, "unsupported_method")
        if route.path.endswith("/budget"):
            yield off.format(route.path, "use_after_free")
        if route.upload:
            yield off.format(route.path, "negative_data_rejection")


def start(nexus: OwnNexus, home: Path, role: str, user: str | None) -> Running:
    # a folder of its own: schemathesis leaves there what it remembers
    folder = home / role
    folder.mkdir()
    ids, said = folder / "ids.json", folder / "said.txt"
    ids.write_text(json.dumps(asyncio.run(ids_for(nexus, user)) if user else {}))
    headers = nexus.sessions[user].headers if user else {}
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", "../schemathesis.toml", "run", "../openapi.json",
        "--url", nexus.host.url, "--mode", "all", "--phases", PHASES, "--max-examples", EXAMPLES,
        "--seed", SEED, "--no-shrink", "--suppress-health-check", "all", "--request-timeout", "60",
        "--generation-allow-x00", "false", "--continue-on-failure", "--workers", "1", "--no-color", "--warnings", "off",
        *MORE,
        *(part for name, value in headers.items() for part in ("--header", f"{name}: {value}")),
    ]  # fmt: skip
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
        "NEXUS_FUZZ_IDS": str(ids),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
    }
    with said.open("wb") as out:
        return Running(subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out), said)


@pytest.mark.parametrize("role", WHO)
def test_no_role_finds_a_5xx_or_a_promise_that_is_not_kept(
    nexus: OwnNexus, running: dict[str, Running], role: str
) -> None:
    print(f"schemathesis as {role}: seed {SEED}, {EXAMPLES} examples, phases {PHASES}")
    status = running[role].process.wait()
    said = running[role].said.read_text("utf-8")
    if status != 0:
        said += "\n".join(line for line in nexus.host.log().splitlines() if '"ERROR"' in line)
    assert status == 0, said
    tested = re.search(r"Tested: +(\d+)", said)
    assert tested is not None, said
    assert MORE or int(tested.group(1)) == len(openapi.registered()), said
