"""`python -m devstack.qdrant --port P --home DIR [--api-key K]`"""

import argparse
from pathlib import Path

from devstack.qdrant.server import create_app
from devstack.serving import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.qdrant", description="Qdrant for the local stack")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one; the ready line names it")
    parser.add_argument("--home", type=Path, required=True, help="folder for collections and aliases")
    parser.add_argument("--api-key", default=None, help="asked for in `api-key` or `Authorization: Bearer`")
    arguments = parser.parse_args()
    run(create_app(arguments.home, api_key=arguments.api_key), arguments.port)


if __name__ == "__main__":
    main()
