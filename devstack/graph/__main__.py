"""`python -m devstack.graph --port P --home DIR [--entra-issuer URL | --require-token]`"""

import argparse
from pathlib import Path

from devstack.graph.app import create_app
from devstack.serving import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="devstack.graph", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True, help="keeps libraries, files and the token key")
    tokens = parser.add_mutually_exclusive_group()
    tokens.add_argument("--entra-issuer", help="check tokens with the keys of this authority (…/{tenant}/v2.0)")
    tokens.add_argument("--require-token", action="store_true", help="any bearer token, but one")
    parser.add_argument("--sharepoint-host", default="contoso.sharepoint.com", help="host of the webUrls")
    parser.add_argument("--download-host", default="localhost", help="another name of this server, for files")
    given = parser.parse_args()
    stand_in = create_app(
        given.home,
        entra_issuer=given.entra_issuer,
        token_required=given.require_token,
        sharepoint_host=given.sharepoint_host,
        download_host=given.download_host,
    )
    try:
        run(stand_in.app, given.port)
    finally:
        stand_in.close()


if __name__ == "__main__":
    main()
