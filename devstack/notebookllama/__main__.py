"""`python -m devstack.notebookllama`: serves the NotebookLlama stand-in on loopback until SIGTERM."""

import argparse
from pathlib import Path

from devstack.notebookllama.app import NotebookLlamaStandIn
from devstack.serving import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.notebookllama", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True, help="where the sessions' files lie")
    parser.add_argument("--api-key", help="the only key to let in; default: any")
    options = parser.parse_args()
    run(NotebookLlamaStandIn(options.home, api_key=options.api_key).app, options.port)


if __name__ == "__main__":
    main()
