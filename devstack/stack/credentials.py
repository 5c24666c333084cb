"""The secrets of one local stack: made once per home, kept in `secrets.json` (mode 0600), never shared."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from uuid import uuid4

from devstack.stack.azurite import new_key
from devstack.stack.failures import StackError
from devstack.stack.private_file import write_private


@dataclass(frozen=True, slots=True)
class Credentials:
    postgres_superuser: str
    postgres_owner: str
    postgres_app: str
    redis: str
    qdrant: str
    blob_key: str
    entra_tenant: str
    entra_client_id: str
    entra_client_secret: str
    # kid:base64, as NEXUS_ACCESS_TOKEN_KEYS takes it
    access_token_key: str
    notebook_key: str


# Secrets that no stored data depends on and that homes of before do not have: made when they are missed.
_ADDED_LATER = {"notebook_key": lambda: secrets.token_urlsafe(24)}


def credentials(home: Path) -> Credentials:
    """Those of this home, made if there are none yet."""
    file = home / "secrets.json"
    if file.exists():
        return _read(file)
    made = Credentials(
        postgres_superuser=secrets.token_urlsafe(24),
        postgres_owner=secrets.token_urlsafe(24),
        postgres_app=secrets.token_urlsafe(24),
        redis=secrets.token_urlsafe(24),
        qdrant=secrets.token_urlsafe(24),
        blob_key=new_key(),
        entra_tenant=str(uuid4()),
        entra_client_id=str(uuid4()),
        entra_client_secret=secrets.token_urlsafe(30),
        access_token_key="local1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        **{name: make() for name, make in _ADDED_LATER.items()},
    )
    write_private(file, json.dumps(asdict(made), indent=2))
    return made


def _read(file: Path) -> Credentials:
    try:
        stored = json.loads(file.read_text("utf-8"))
        missed = {name: make() for name, make in _ADDED_LATER.items() if name not in stored}
        known = Credentials(**{field.name: {**missed, **stored}[field.name] for field in fields(Credentials)})
    except (ValueError, KeyError, TypeError) as error:
        raise StackError(f"{file} cannot be read ({error}). `make reset` makes new secrets, and new data.") from error
    if missed:
        write_private(file, json.dumps(asdict(known), indent=2))
    return known
