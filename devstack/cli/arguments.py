"""The commands and their options."""

import argparse
from pathlib import Path

from devstack.stack.accounts import ACCOUNTS

MODES = ("rag", "assistant", "notebook")
USERS = ", ".join(account.user for account in ACCOUNTS)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m devstack",
        description="Drives the local stack of Nexus. Results go to standard output, JSON as its last line.",
        epilog="NEXUS_HOME moves .nexus, NEXUS_PORT_OFFSET=n adds n to every port. Exit codes: 0 done, 1 failed, "
        "2 the command was wrong.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start everything in the background, load the sample library on first start")
    up.add_argument("--while", dest="owner", type=int, metavar="PID", help="reset when that process ends; for tests")
    commands.add_parser("down", help="stop everything")
    commands.add_parser("status", help="health of each part; exit 1 unless all are ready")
    logs = commands.add_parser("logs", help="the end of the logs")
    logs.add_argument("name", nargs="?", help="one part; default: all")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until interrupted")
    commands.add_parser("reset", help="stop, and throw all local data away")
    commands.add_parser("env", help="print the function app's environment as JSON lines")
    commands.add_parser("func", help="run the app under Azure Functions Core Tools against this stack")

    token = commands.add_parser("token", help="print an access token got by the real sign-in flow")
    token.add_argument("--user", default="alice", help=f"one of {USERS}")

    ask = commands.add_parser("ask", help="ask a question")
    ask.add_argument("question")
    ask.add_argument("--user", default="alice", help=f"one of {USERS}")
    ask.add_argument("--mode", default="rag", choices=MODES)
    ask.add_argument("--json", action="store_true", help="print the final answer with its sources as JSON")

    library = commands.add_parser("library", help="libraries of Nexus").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    add = library.add_parser("add", help="put a folder into SharePoint and register it; prints its id as JSON")
    add.add_argument("name")
    add.add_argument("--from", dest="folder", type=Path, required=True, metavar="FOLDER")
    add.add_argument("--department", help="its name; default: everyone")
    add.add_argument("--country", help="its ISO code; default: everyone")

    sharepoint = commands.add_parser("sharepoint", help="change files as a SharePoint user would").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    for action, last, explained in (
        ("put", "file", "upload FILE (or a folder) as PATH"),
        ("rm", None, "remove a file, or a folder with all in it"),
        ("mv", "new_path", "rename or move PATH to NEWPATH"),
        ("mkdir", None, "make a folder"),
    ):
        one = sharepoint.add_parser(action, help=explained)
        one.add_argument("library")
        one.add_argument("path")
        if last == "file":
            one.add_argument("file", type=Path)
        elif last is not None:
            one.add_argument(last, metavar="NEWPATH")

    sync = commands.add_parser("sync", help="sync one library or all, wait, print the sync run as JSON")
    sync.add_argument("library", nargs="?", help="its name, id or address; default: all")
    sync.add_argument("--full", action="store_true", help="look at every file again, not only at changes")

    doctor = commands.add_parser("doctor", help="compare ledger, passage index and SharePoint; exit 1 when they differ")
    doctor.add_argument("library", nargs="*", help="name, id or address; default: all")
    doctor.add_argument("--json", action="store_true", help="print the differences as JSON")

    fault = commands.add_parser("fault", help="make a stand-in fail on purpose")
    fault.add_argument("service", nargs="?", help="graph, entra, openai, qdrant, …; only --clear may go without")
    fault.add_argument("rules", nargs="?", metavar="JSON", help="one rule or a list of them")
    fault.add_argument("--clear", action="store_true", help="remove all rules")
    return top
