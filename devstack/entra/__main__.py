"""`python -m devstack.entra --port P --home DIR --tenant T --client-id C [--client-secret S] [--accounts FILE]`"""

import argparse
from pathlib import Path

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.serving import LOOPBACK, run


def main() -> None:
    parser = argparse.ArgumentParser(prog="devstack.entra", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True, help="keeps the signing keys")
    parser.add_argument("--tenant", required=True, help="the tenant id, a GUID")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret", help="without one the client is public")
    parser.add_argument("--client-certificate", type=Path, help="PEM, for client assertions")
    parser.add_argument("--accounts", type=Path, help="JSON; without it admin, carol, alice, bob, dave, mallory")
    parser.add_argument(
        "--redirect-uri", action="append", default=[], help="registered; without any, every loopback address"
    )
    parser.add_argument("--base-url", help="what the issuer begins with; default http://127.0.0.1:PORT")
    given = parser.parse_args()
    client = Client(
        client_id=given.client_id,
        tenant=given.tenant,
        secret=given.client_secret,
        certificate_pem=given.client_certificate.read_text("ascii") if given.client_certificate else None,
        redirect_uris=tuple(given.redirect_uri),
    )
    accounts = Accounts.load(given.accounts, given.tenant)
    base_url = (given.base_url or f"http://{LOOPBACK}:{given.port}").rstrip("/")
    run(EntraStandIn(given.home, client=client, accounts=accounts, base_url=base_url).app, given.port)


if __name__ == "__main__":
    main()
