"""The web app in a real browser against the whole stack; what is looked at stands in static-web-app/e2e."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from devstack.sample.conversations import fill
from devstack.serving import ServerThread
from devstack.stack.local_stack import LocalStack
from devstack.stack.web_export import SOURCES, deploy
from devstack.web.site import Site
from tests.e2e.conftest import Stack

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LIMIT_S = 300
SPEED = "speed.spec.ts"
CONVERSATIONS = 5_000


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no Chromium is installed ({', '.join(BROWSERS)})")
    if shutil.which("node") is None or not (SOURCES / "node_modules").is_dir():
        pytest.skip("the web app's packages are not installed (`make bootstrap` does it)")
    return found


@pytest.fixture(scope="module")
def environment(stack: Stack, browser: str) -> Iterator[dict[str, str]]:
    """The tests' stack runs without the web app; here it is built, and served where the stack expects it."""
    addresses = LocalStack(stack.environment).addresses()
    deploy(addresses)
    with ServerThread(Site(addresses.configuration.home / "web" / "site", host="localhost"), port=addresses.web_port):
        yield {
            **os.environ,
            "NEXUS_E2E_WEB": addresses.web,
            "NEXUS_E2E_API": addresses.api_for_browsers,
            "NEXUS_E2E_MODELS": addresses.models,
            "NEXUS_E2E_GRAPH": addresses.graph,
            "NEXUS_E2E_CHROMIUM": browser,
        }


@pytest.mark.parametrize("spec", sorted({file.name for file in (SOURCES / "e2e").glob("*.spec.ts")} - {SPEED}))
def test_a_browser_sees_what_the_specification_says(spec: str, environment: dict[str, str]) -> None:
    run(spec, environment)


async def test_no_frame_waits_for_a_long_answer_or_a_long_list(stack: Stack, environment: dict[str, str]) -> None:
    async with await stack.address.sign_in("bob") as bob:
        await fill(stack.address.content["postgres"], bob.user["id"], CONVERSATIONS)
    await asyncio.to_thread(run, SPEED, {**environment, "NEXUS_E2E_CONVERSATIONS": str(CONVERSATIONS)})


def run(spec: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["node", "node_modules/vitest/vitest.mjs", "run", "--config", "e2e/vitest.config.ts", f"e2e/{spec}"],
        cwd=SOURCES,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]


def test_the_chat_page_loads_no_more_script_than_its_budget(environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["node", "scripts/first-load.mjs", "chat"], cwd=SOURCES, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
