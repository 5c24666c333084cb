"""`python -m devstack.web`: serves a web app's export on loopback until SIGTERM."""

import argparse
from pathlib import Path

from devstack.serving import run
from devstack.web.site import Site


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.web", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True, help="the folder whose folder `site` is served")
    parser.add_argument("--host", help="the only name to be called by; who comes by another is sent there")
    options = parser.parse_args()
    run(Site(options.home / "site", host=options.host), options.port)


if __name__ == "__main__":
    main()
