"""`doctor`: does what the local stack answers from agree with its SharePoint? The product's own check, run on it."""

import subprocess
import sys
from collections.abc import Sequence

from devstack.stack.configuration import ROOT
from devstack.stack.environment import process_environment
from devstack.stack.failures import StackError
from devstack.stack.local_stack import LocalStack


def doctor(stack: LocalStack, libraries: Sequence[str], *, as_json: bool) -> int:
    """Prints the comparison; 0 when everything agrees, 1 when it does not or could not be compared."""
    if not any(part.name == "postgres" and part.state == "ready" for part in stack.status()):
        raise StackError("The local stack is not up, so that there is nothing to compare. Start it with `make up`.")
    command = [sys.executable, "-m", "functions.drift_report", *(["--json"] if as_json else []), "--", *libraries]
    done = subprocess.run(command, cwd=ROOT, env=process_environment(stack.app_environment()), check=False)
    return 0 if done.returncode == 0 else 1
