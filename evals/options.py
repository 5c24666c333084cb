"""What every eval's command line understands, and how its result is kept."""

import argparse
import shlex
import sys
from collections.abc import Sequence

from evals.datasets import SET_NAMES
from evals.models import OFFLINE, SETTINGS, default_choice
from evals.report import append_section


def parser(module: str, description: str | None, sets: Sequence[str] = SET_NAMES) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    made.formatter_class = argparse.RawDescriptionHelpFormatter
    made.add_argument("--set", dest="sets", action="append", choices=sets, help="may be given several times")
    made.add_argument("--limit", type=int, help="only the first questions of each set, all documents; not kept")
    made.add_argument(
        "--model",
        choices=(*OFFLINE, SETTINGS),
        default=default_choice(),
        help="an offline embedding model, or the models of the product's settings (default where a key is there)",
    )
    made.add_argument("--no-write", dest="write", action="store_false", help="print only, keep no history")
    return made


def keep(module: str, options: argparse.Namespace, facts: Sequence[str], tables: Sequence[str]) -> None:
    """Into RESULTS.md; a run with --limit is no result."""
    if tables and options.write and options.limit is None:
        append_section(f"python -m {module} {shlex.join(sys.argv[1:])}".rstrip(), facts, tables)


def progress(line: str) -> None:
    print(f"\r\x1b[K  {line}", end="", file=sys.stderr, flush=True)
