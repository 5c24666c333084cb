"""What the doctor found."""

import os
from dataclasses import dataclass
from typing import Literal

type State = Literal["ok", "warning", "wrong", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` names what was looked at, `says` is a sentence for people, `mend` a command where one is known."""

    check: str
    state: State
    says: str
    mend: str | None = None


def ok(check: str, says: str) -> Finding:
    return Finding(check, "ok", says)


def wrong(check: str, says: str, mend: str | None = None) -> Finding:
    return Finding(check, "wrong", says, mend)


def az(command: str) -> str:
    """A command with the app's own name and resource group where this runs in the app, with blanks elsewhere."""
    app = os.environ.get("WEBSITE_SITE_NAME") or "<function app>"
    group = os.environ.get("WEBSITE_RESOURCE_GROUP") or "<resource group>"
    return f"az {command.replace('APP', f'-g {group} -n {app}').replace('GROUP', f'-g {group}')}"
