"""The function app that the durable tests run: one orchestrator a feature. Written to a folder by `conftest`."""

DURABLE_APP = '''
import asyncio
import os
import time
from datetime import datetime, timedelta

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus
from azurefunctions.extensions.http.fastapi import JSONResponse, Request

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
bp = df.Blueprint()


def note(line):
    """One line in a file that outlives the process: what really ran, and how often."""
    with open(os.environ["NOTES"], "a") as file:
        file.write(line + "\\n")


@bp.route(route="client/{operation}", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def call_client(req: Request, client) -> JSONResponse:
    given = await req.json()
    operation = req.path_params["operation"]
    if "runtime_status" in given:
        given["runtime_status"] = [df.OrchestrationRuntimeStatus(s) for s in given["runtime_status"]]
    for name in ("created_time_from", "created_time_to"):
        if name in given:
            given[name] = datetime.fromisoformat(given[name])
    try:
        answer = await getattr(client, operation)(**given)
    except Exception as error:
        return JSONResponse({"error": str(error)}, 409)
    if isinstance(answer, list):
        answer = [status.to_json() for status in answer]
    elif isinstance(answer, DurableOrchestrationStatus) and not answer:
        answer = None
    elif isinstance(answer, DurableOrchestrationStatus):
        shown = answer.to_json()
        shown["input"] = answer.input_
        shown["historyEvents"] = getattr(answer, "historyEvents", None)
        answer = shown
    elif hasattr(answer, "instances_deleted"):
        answer = answer.instances_deleted
    return JSONResponse({"answer": answer})


@bp.activity_trigger(input_name="number")
async def square(number: int) -> int:
    note(f"square {number}")
    return number * number


@bp.activity_trigger(input_name="number")
async def slow_square(number: int) -> int:
    note(f"slow_square {number}")
    await asyncio.sleep(0.1)
    return number * number


@bp.activity_trigger(input_name="key")
def flaky(key: str) -> str:
    """Fails twice for every key, then succeeds."""
    note(f"flaky {key}")
    with open(os.environ["NOTES"]) as file:
        attempts = file.read().splitlines().count(f"flaky {key}")
    if attempts < 3:
        raise RuntimeError(f"{key} failed")
    return f"{key} after {attempts}"


@bp.activity_trigger(input_name="key")
def broken(key: str) -> str:
    note(f"broken {key}")
    raise ValueError(f"{key} is broken")


@bp.activity_trigger(input_name="given")
def echo(given: dict) -> dict:
    return {"got": given}


@bp.activity_trigger(input_name="number")
async def gated(number: int) -> int:
    """Waits until the file GATE exists."""
    note(f"begin {number}")
    while not os.path.exists(os.environ["GATE"]):
        await asyncio.sleep(0.02)
    note(f"end {number}")
    return number


@bp.orchestration_trigger(context_name="context")
def chain(context):
    a = yield context.call_activity("square", 3)
    b = yield context.call_activity("square", a)
    c = yield context.call_activity("echo", {"text": "ä", "list": [1, None]})
    return [a, b, c, context.get_input()]


@bp.orchestration_trigger(context_name="context")
def fan_out(context):
    numbers = range(context.get_input())
    squares = yield context.task_all([context.call_activity("square", n) for n in numbers])
    return sum(squares)


@bp.orchestration_trigger(context_name="context")
def slow_fan_out(context):
    numbers = range(context.get_input())
    squares = yield context.task_all([context.call_activity("slow_square", n) for n in numbers])
    return sum(squares)


@bp.orchestration_trigger(context_name="context")
def gate(context):
    results = yield context.task_all([context.call_activity("gated", n) for n in range(context.get_input())])
    return results


@bp.orchestration_trigger(context_name="context")
def retried(context):
    options = df.RetryOptions(first_retry_interval_in_milliseconds=50, max_number_of_attempts=4)
    tasks = [context.call_activity_with_retry("flaky", options, k) for k in context.get_input()]
    tasks.append(context.call_activity("square", 2))
    results = yield context.task_all(tasks)
    after = yield context.call_activity("square", 5)
    return [*results, after]


@bp.orchestration_trigger(context_name="context")
def exhausted(context):
    options = df.RetryOptions(first_retry_interval_in_milliseconds=20, max_number_of_attempts=3)
    try:
        yield context.call_activity_with_retry("broken", options, "it")
    except Exception as error:
        after = yield context.call_activity("square", 4)
        return [str(error).splitlines()[0], after]


@bp.orchestration_trigger(context_name="context")
def caught(context):
    try:
        yield context.call_activity("broken", "it")
    except Exception as error:
        return str(error)


@bp.orchestration_trigger(context_name="context")
def child(context):
    given = context.get_input()
    if given.get("fail"):
        raise ValueError("the child cannot")
    squared = yield context.call_activity("square", given["number"])
    return {"squared": squared, "parent": context.parent_instance_id, "id": context.instance_id}


@bp.orchestration_trigger(context_name="context")
def parent(context):
    tasks = [context.call_sub_orchestrator("child", {"number": n}, f"{context.instance_id}-child-{n}")
             for n in (2, 3)]
    tasks.append(context.call_sub_orchestrator("child", {"number": 4}))
    return (yield context.task_all(tasks))


@bp.orchestration_trigger(context_name="context")
def unhappy_parent(context):
    options = df.RetryOptions(first_retry_interval_in_milliseconds=20, max_number_of_attempts=2)
    try:
        yield context.call_sub_orchestrator_with_retry("child", options, {"fail": True})
    except Exception as error:
        return str(error)


@bp.orchestration_trigger(context_name="context")
def gated_parent(context):
    return (yield context.call_sub_orchestrator("gate", 2))


@bp.orchestration_trigger(context_name="context")
def timer(context):
    start = context.current_utc_datetime
    yield context.create_timer(start + timedelta(seconds=context.get_input()))
    return (context.current_utc_datetime - start).total_seconds()


@bp.orchestration_trigger(context_name="context")
def race(context):
    deadline = context.create_timer(context.current_utc_datetime + timedelta(hours=context.get_input()))
    approval = context.wait_for_external_event("approval")
    winner = yield context.task_any([approval, deadline])
    if winner is approval:
        deadline.cancel()
    squared = yield context.call_activity("square", 6)
    return [approval.result if winner is approval else "too late", squared]


@bp.orchestration_trigger(context_name="context")
def listener(context):
    first = yield context.wait_for_external_event("a")
    second = yield context.wait_for_external_event("b")
    context.set_custom_status({"heard": [first, second]})
    third = yield context.wait_for_external_event("a")
    return [first, second, third]


@bp.orchestration_trigger(context_name="context")
def counter(context):
    """Counts in generations of one activity each, as paging through a delta does."""
    state = context.get_input()
    squared = yield context.call_activity("square", state["page"])
    total = state["total"] + squared
    context.set_custom_status({"page": state["page"]})
    if state["page"] < state["last"]:
        context.continue_as_new({"page": state["page"] + 1, "total": total, "last": state["last"]})
        return
    return total


@bp.orchestration_trigger(context_name="context")
def inbox(context):
    """Takes one event a generation: none may be lost between two of them."""
    seen = context.get_input()
    item = yield context.wait_for_external_event("item")
    seen = [*seen, item]
    if len(seen) < 5:
        context.continue_as_new(seen)
        return
    return seen


@bp.orchestration_trigger(context_name="context")
def crash(context):
    context.set_custom_status("about to")
    yield context.call_activity("square", 1)
    raise RuntimeError("the orchestrator fell over")


@bp.orchestration_trigger(context_name="context")
def misspelt(context):
    yield context.call_activity("sqare", 1)


@bp.orchestration_trigger(context_name="context")
def which_version(context):
    yield context.call_activity("square", 1)
    return context.version


@bp.orchestration_trigger(context_name="context")
def busy(context):
    note("turn begins")
    time.sleep(0.05)
    note("turn ends")
    return "done"


@bp.activity_trigger(input_name="number")
async def until_end_of(number: int) -> str:
    """Returns a little after the activity `gated(number)` of an earlier generation has."""
    note("until begins")
    while f"end {number}" not in open(os.environ["NOTES"]).read().splitlines():
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    return "mine"


@bp.orchestration_trigger(context_name="context")
def impatient(context):
    """Leaves an activity behind with its first generation; both generations number theirs 0."""
    if context.get_input() == 1:
        timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=0.05))
        yield context.task_any([context.call_activity("gated", 7), timer])
        context.continue_as_new(2)
        return
    return (yield context.call_activity("until_end_of", 7))


app.register_functions(bp)
'''
