"""`fault`: makes a stand-in fail on purpose, and stop failing."""

import json
from typing import Any

import httpx

from devstack.cli.output import print_json
from devstack.cli.stack_address import StackAddress
from devstack.stack.failures import StackError, UsageError


def parse_rules(text: str) -> Any:
    """One rule or a list of rules, as `POST /_control/faults` takes them. Raises UsageError."""
    try:
        rules = json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"That is no JSON ({error}). A rule looks like "
            '{"match": {"path": "/v1/chat/*"}, "then": {"status": 429, "headers": {"Retry-After": "1"}}, "times": 2}'
        ) from error
    return [rules] if isinstance(rules, dict) and "rules" not in rules else rules


async def set_faults(stack: StackAddress, service: str, rules: Any) -> None:
    print_json(await _control(stack.stand_in(service), "POST", rules))


async def clear_faults(stack: StackAddress, service: str | None) -> None:
    """Of one service, or of all."""
    for name in [service] if service is not None else stack.stand_ins():
        await _control(stack.stand_in(name), "DELETE", None)
    print_json({"rules": []})


async def _control(address: str, method: str, body: Any) -> Any:
    try:
        async with httpx.AsyncClient(timeout=10.0, trust_env=False) as client:
            response = await client.request(method, f"{address}/_control/faults", json=body)
    except httpx.HTTPError as error:
        raise StackError(f"{address} does not answer ({error}). `make status` shows what runs.") from error
    if response.status_code == 400:
        raise UsageError(f"The stand-in refused the rules: {response.json().get('error')}")
    if not response.is_success:
        raise StackError(f"{address} answered {response.status_code}: {response.text[:300]}")
    return response.json()
