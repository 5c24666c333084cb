"""Runs one command: what it raises becomes one clear message and an exit code."""

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine, Sequence

from devstack.cli import asking, core_tools, doctor, faults, libraries, lifecycle, logs, syncing
from devstack.cli.arguments import parser
from devstack.cli.output import say
from devstack.cli.stack_address import StackAddress
from devstack.stack.failures import StackError, UsageError
from devstack.stack.local_stack import LocalStack


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 failed, 2 the command was wrong (argparse itself exits with 2), 130 interrupted."""
    given = parser().parse_args(arguments)
    try:
        return _run(given)
    except StackError as error:
        say(f"{error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return 130
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does; nothing is left to be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(given: argparse.Namespace) -> int:
    match given.command:
        case "up":
            lifecycle.up(LocalStack(os.environ), given.owner)
        case "down":
            lifecycle.down(LocalStack(os.environ))
        case "status":
            return lifecycle.status(LocalStack(os.environ))
        case "logs":
            logs.show_logs(LocalStack(os.environ), given.name, follow=given.follow)
        case "reset":
            lifecycle.reset(LocalStack(os.environ))
        case "env":
            lifecycle.env(LocalStack(os.environ))
        case "func":
            return core_tools.run_core_tools(LocalStack(os.environ))
        case "doctor":
            return doctor.doctor(LocalStack(os.environ), given.library, as_json=given.json)
        case _:
            asyncio.run(_of_a_running_stack(given))
    return 0


def _of_a_running_stack(given: argparse.Namespace) -> Coroutine[object, object, None]:
    if given.command == "fault":
        _check_fault(given)
        rules = None if given.clear else faults.parse_rules(given.rules)
    if given.command == "ask" and not given.question.strip():
        raise UsageError('There is no question. Ask one: make ask q="How many vacation days do I have?"')
    stack = StackAddress.read(os.environ)
    match given.command, getattr(given, "action", None):
        case "token", _:
            return _print_token(stack, given.user)
        case "ask", _:
            return asking.ask(stack, given.question, user=given.user, mode=given.mode, as_json=given.json)
        case "library", "add":
            return libraries.add_library(stack, given.name, given.folder, given.department, given.country)
        case "sharepoint", "put":
            return libraries.put(stack, given.library, given.path, given.file)
        case "sharepoint", "rm":
            return libraries.remove(stack, given.library, given.path)
        case "sharepoint", "mv":
            return libraries.move(stack, given.library, given.path, given.new_path)
        case "sharepoint", "mkdir":
            return libraries.make_folder(stack, given.library, given.path)
        case "sync", _:
            return syncing.sync(stack, given.library, full=given.full)
        case "fault", _ if given.clear:
            return faults.clear_faults(stack, given.service)
        case "fault", _:
            return faults.set_faults(stack, given.service, rules)
    raise UsageError(f"There is no command {given.command!r}.")


def _check_fault(given: argparse.Namespace) -> None:
    if given.clear and given.rules is not None:
        raise UsageError("Give rules or --clear, not both.")
    if not given.clear and (given.service is None or given.rules is None):
        raise UsageError(
            'Give a service and its rules as JSON, or --clear: fault graph \'[{"then": {"status": 503}}]\''
        )


async def _print_token(stack: StackAddress, user: str) -> None:
    async with await stack.sign_in(user) as nexus:
        print(nexus.access_token)
