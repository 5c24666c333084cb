"""`up`, `down`, `status`, `reset`, `env`: the stack as a whole."""

import asyncio
import json
import os
import time
from dataclasses import dataclass
from typing import Any

import httpx

from devstack.cli.first_start import first_start
from devstack.cli.output import print_json, say
from devstack.cli.stack_address import StackAddress
from devstack.stack.accounts import ACCOUNTS
from devstack.stack.failures import StackError
from devstack.stack.local_stack import LocalStack
from devstack.stack.progress import Step
from devstack.stack.watch import watch

_TRY = 'make ask q="How many days a week may I work from home?"'
# The same question has another answer, or none, for another reader.
_TRY_TOO = 'make ask q="How many weeks of paid parental leave does a birth parent get?" user=bob'
_READY_S = 30.0


def up(stack: LocalStack, owner: int | None = None) -> None:
    """`owner`: the process whose end shall end the stack, and its data, too."""
    if owner is not None:
        watch(owner)
    fresh = stack.up()
    _wait_for_readiness(stack.addresses().api)
    # The accounts and the sample library come with the first start, or with this one if that was cut short.
    asyncio.run(first_start(StackAddress.read(os.environ), stack.home))
    say("\nThe local stack is up." if fresh else "The local stack is already up.")
    print(summary(stack))


def summary(stack: LocalStack) -> str:
    addresses = stack.addresses()
    lines = [f"  Web app    {addresses.web}"] if stack.runs("web") else []
    lines += [f"  API        {addresses.api}/api", f"  Data       {stack.home} (stack.json says where all is)", ""]
    for account in ACCOUNTS:
        scope = f"{account.department or 'no department'}, {account.country or 'no country'}"
        lines.append(
            f"  {account.user:<10} {account.role:<16} {scope}"
            if account.may_sign_in
            else f"  {account.user:<10} may not sign in"
        )
    lines += ["", "Try:", f"  {_TRY}", f"  {_TRY_TOO}", "Stop: make down"]
    return "\n".join(lines)


def down(stack: LocalStack) -> None:
    with Step("Stopping the local stack") as step:
        stopped = stack.down()
        step.done(", ".join(stopped) if stopped else "it was not up")


def status(stack: LocalStack) -> int:
    """0 when every part is ready, else 1."""
    parts = stack.status()
    if not parts:
        say("The local stack was never started here. Start it with `make up`.")
        return 1
    for part in parts:
        pid = f"pid {part.pid}" if part.pid else ""
        hint = f"see: make logs s={part.name}" if part.state in ("crashed", "not answering") else ""
        print(f"  {part.title:<24} {part.state:<14} {part.port:<6} {pid:<12} {hint}".rstrip())
    api = next(part for part in parts if part.name == "api")
    if api.pid is not None:
        found = readiness(stack.addresses().api)
        print(f"  readiness: {json.dumps(found.body)}")
        return 0 if found.ready and all(part.state == "ready" for part in parts) else 1
    return 1


@dataclass(frozen=True, slots=True)
class Readiness:
    """`body` is what `GET /api/health/ready` says, with or without success."""

    ready: bool
    body: Any


def readiness(api: str) -> Readiness:
    try:
        answer = httpx.get(f"{api}/api/health/ready", timeout=10.0, trust_env=False)
        return Readiness(answer.status_code == 200, answer.json())
    except (httpx.HTTPError, ValueError) as error:
        return Readiness(False, {"status": "no answer", "detail": str(error) or type(error).__name__})


def _wait_for_readiness(api: str) -> None:
    """The host runs; this is about what the app needs. The parts stay up on failure, to be looked at."""
    with Step("Waiting until it is ready"):
        last = readiness(api)
        deadline = time.monotonic() + _READY_S
        while not last.ready and time.monotonic() < deadline:
            time.sleep(0.5)
            last = readiness(api)
        if not last.ready:
            raise StackError(
                f"The API runs but is not ready: {json.dumps(last.body)}\n"
                "`make logs s=api` shows why, `make status` what runs; `make down` stops it."
            )


def reset(stack: LocalStack) -> None:
    with Step("Throwing local data away") as step:
        step.done(f"{stack.home} is gone" if stack.reset() else "there was none")


def env(stack: LocalStack) -> None:
    """The function app's variables, one JSON object a line, and the migrations' one, which the app must not have."""
    for name, value in stack.app_environment().items():
        print_json({name: value})
    print_json({"NEXUS_MIGRATIONS_POSTGRES_URL": stack.addresses().postgres_owner})
