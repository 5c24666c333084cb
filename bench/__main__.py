"""Runs the bench and appends a dated section to bench/RESULTS.md: `python -m bench [ROW …] [--rounds 10]`."""

import argparse
import datetime
import importlib
import random
import shlex
import sys
from pathlib import Path

from bench.measure import MIN_ROUNDS, machine
from bench.rows import Options, Outcome, Table, render

RESULTS = Path(__file__).parent / "RESULTS.md"
# Each module has `run(options) -> [Outcome]`. They are imported when they are run: one row's needs (a server, a
# second environment) must not stop another.
ROWS = {
    "relay": "CPU a relayed token: our provider adapter, a plain openai-python relay, a byte pass-through",
    "auth": "checking an access token that was seen before against verifying an RS256 one",
    "import_time": "importing the function app against importing every SDK eagerly",
    "package": "what is deployed against what pip installs: files, bytes, and the import of the app from it",
    "ingest": "ingesting sec-10q and office against the usual pipelines of LlamaIndex, LangChain and Haystack",
    "embedding_reply": "an embedding reply's bytes to numbers, against openai-python",
    "upsert": "storing passages in Qdrant, against qdrant-client's REST models",
    "fidelity": "the words found in office files against pypdf, python-docx and markitdown",
    "no_change_sync": "syncing a library in which nothing has changed, against reading it again",
    "scale": "a generated library (--items) through the sync: memory, history, calls and seconds an item",
    "passages": "what a file of the public sets becomes: passages, tokens, BM25 terms, bytes of payload",
    "ledger": "the sync's statements over a ledger of up to --items documents, which Graph and Qdrant never see",
    "analytics": "the administrators' reports over a generated year of chats (--messages)",
    "upload": "a 50 MB upload into a notebook: memory of the process that receives it, over idle",
    "browser": "a long answer, a long list and Lighthouse in a real browser, on a whole stack with the web app",
    "extraction": "reading pdf, docx and xlsx against the usual libraries",
}
_HEAD = """# Bench results, run by run

Newest last. Read the ratios, not the figures: they were taken side by side in one run, in random order.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, epilog=_list_rows())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("rows", nargs="*", metavar="ROW", help="all when none is named")
    parser.add_argument("--rounds", type=int, default=MIN_ROUNDS, help=f"at least {MIN_ROUNDS} to be quoted")
    parser.add_argument("--seed", type=int, default=None, help="of the order of measurements")
    parser.add_argument("--items", type=int, default=None, help="files of a generated library (no_change_sync, scale)")
    parser.add_argument("--messages", type=int, default=None, help="of a generated year of chats (analytics)")
    parser.add_argument("--quick", action="store_true", help="little work, to see that it runs; nothing is written")
    arguments = parser.parse_args()
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    seed = arguments.seed if arguments.seed is not None else random.randrange(10**6)
    options = Options(arguments.rounds, seed, arguments.quick, arguments.items, arguments.messages)
    host = machine()
    print(f"{host}; seed {seed}", flush=True)
    outcomes: list[Outcome | Table] = []
    try:
        for name in arguments.rows or ROWS:
            print(f"\n# {name}: {ROWS[name]}", flush=True)
            for outcome in importlib.import_module(f"bench.{name}").run(options):
                print(f"\n{render(outcome)}", flush=True)
                outcomes.append(outcome)
    finally:
        # A row that fails ends the run with its traceback, but what was measured before it is kept.
        if outcomes and not options.quick:
            _append(f"python -m bench {shlex.join(sys.argv[1:])}".strip(), host, seed, outcomes)
            print(f"\nappended to {RESULTS.name}")


def _append(command: str, host: str, seed: int, outcomes: list[Outcome | Table]) -> None:
    now = datetime.datetime.now(datetime.UTC)
    head = f"## {now:%Y-%m-%d %H:%M} UTC\n\n`{command}` (seed {seed}) on {host}.\n"
    earlier = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else _HEAD
    body = "\n\n".join(render(outcome) for outcome in outcomes)
    RESULTS.write_text(f"{earlier.rstrip()}\n\n{head}\n{body}\n", encoding="utf-8")


def _list_rows() -> str:
    return "\n".join(["rows:", *(f"  {name:12} {what}" for name, what in ROWS.items())])


if __name__ == "__main__":
    main()
