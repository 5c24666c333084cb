"""`func`: the app under Azure Functions Core Tools instead of the stack's own functions host.

Core Tools keep timers and orchestrations in Azure Storage, queues and tables included, so a whole Azurite runs for
them beside the stack's blob-only one, for as long as `func start` does.
"""

import json
import shutil
import subprocess
from pathlib import Path

from devstack.cli.output import say
from devstack.stack.azurite import Azurite
from devstack.stack.configuration import ROOT
from devstack.stack.environment import process_environment
from devstack.stack.failures import StackError
from devstack.stack.local_stack import LocalStack
from devstack.stack.private_file import write_private

_SETTINGS = ROOT / "local.settings.json"
_EXAMPLE = ROOT / "local.settings.example.json"


def run_core_tools(stack: LocalStack) -> int:
    """Needs the stack up. Writes local.settings.json and runs `func start` until it ends; its exit code."""
    storage = Azurite(stack.home / "jobs", port=_first_of_three(stack), everything=True)
    write_settings(stack.app_environment() | {"AzureWebJobsStorage": storage.connection_string})
    say(f"{_SETTINGS.name} is written: the app's settings for this stack.")
    program = shutil.which("func")
    if program is None:
        raise StackError(
            "Azure Functions Core Tools are not installed (no `func` on PATH). Install version 4 "
            "(`npm install -g azure-functions-core-tools@4`), or use `make up`, which needs none."
        )
    if not any(part.name == "postgres" and part.state == "ready" for part in stack.status()):
        raise StackError("The local stack is not up, and the app needs it. Start it with `make up`.")
    say("Stopping the stack's own functions host: Core Tools take its port. `make up` starts it again.")
    stack.stop_part("api")
    storage.start()
    try:
        port = str(stack.configuration.ports["api"])
        python = {"languageWorkers__python__defaultExecutablePath": str(ROOT / ".venv" / "bin" / "python")}
        return subprocess.run(
            [program, "start", "--port", port], cwd=ROOT, env=process_environment(python), check=False
        ).returncode
    finally:
        storage.stop()


def write_settings(values: dict[str, str], example: Path = _EXAMPLE, target: Path = _SETTINGS) -> None:
    """In the example's shape, so that what it sets beside the app's own variables is kept."""
    shape = json.loads(example.read_text("utf-8")) if example.exists() else {"IsEncrypted": False}
    kept = {name: value for name, value in shape.get("Values", {}).items() if not name.startswith("NEXUS_")}
    worker = {"FUNCTIONS_WORKER_RUNTIME": "python"}
    write_private(target, json.dumps(shape | {"Values": worker | kept | values}, indent=2))


def _first_of_three(stack: LocalStack) -> int:
    # Blob 10000 is the stack's own; three in a row from 10010 are free of anything Azure's tools use.
    return stack.configuration.ports["blob"] + 10
