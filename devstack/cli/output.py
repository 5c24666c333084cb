"""Results go to standard output, the JSON of a command as its last line; everything else to standard error."""

import json
import sys
from typing import Any


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)
