"""What a new stack is given: its accounts' roles and scopes, and the sample library."""

import json
import tempfile
from pathlib import Path
from typing import Any

from devstack.cli.api import ApiFailed, NexusApi
from devstack.cli.libraries import register, upload
from devstack.cli.scopes import Scopes
from devstack.cli.stack_address import StackAddress
from devstack.cli.syncing import failed_documents, raise_if_failed, sync_one
from devstack.sample import SAMPLE_LIBRARIES
from devstack.stack.accounts import ACCOUNTS, ADMIN, Account
from devstack.stack.failures import StackError
from devstack.stack.private_file import write_private
from devstack.stack.progress import Step


class Done:
    """Which steps this home has seen, in `setup.json`: a step cut short is taken again, a finished one never."""

    def __init__(self, home: Path) -> None:
        self._file = home / "setup.json"

    def has(self, step: str) -> bool:
        return step in self._read()

    def add(self, step: str) -> None:
        write_private(self._file, json.dumps([*self._read(), step]))

    def _read(self) -> list[str]:
        return json.loads(self._file.read_text("utf-8")) if self._file.exists() else []


async def first_start(stack: StackAddress, home: Path) -> None:
    """Does what has not been done in this home yet; nothing on later starts."""
    done = Done(home)
    if not done.has("accounts"):
        with Step("Setting up the accounts") as step:
            await set_up_accounts(stack)
            step.done(f"{sum(account.may_sign_in for account in ACCOUNTS)} may sign in")
        done.add("accounts")
    if not done.has("sample"):
        await load_sample(stack)
        done.add("sample")


async def set_up_accounts(stack: StackAddress) -> None:
    """Signs every account in once, by the real flow, and lets the administrator give it its role and scope."""
    async with await stack.sign_in(ADMIN) as admin:
        if admin.user["role"] != "super_admin":
            raise StackError(
                f"{ADMIN} was signed in as {admin.user['role']}: NEXUS_BOOTSTRAP_ADMINS does not name {ADMIN}'s "
                "address. `make reset`, then `make up`, starts afresh."
            )
        scopes = Scopes(admin)
        for account in ACCOUNTS:
            if account.user != ADMIN:
                await _set_up(stack, admin, scopes, account)


async def _set_up(stack: StackAddress, admin: NexusApi, scopes: Scopes, account: Account) -> None:
    try:
        session = await stack.sign_in(account.user)
    except ApiFailed:
        if account.may_sign_in:
            raise
        return  # refused, as it should be
    async with session:
        if not account.may_sign_in:
            raise StackError(
                f"{account.user} was signed in, and must not be: the API takes people who are not assigned."
            )
        wanted: dict[str, Any] = {
            "role": account.role,
            "department_id": await scopes.department(account.department),
            "country_id": await scopes.country(account.country),
        }
        await admin.patch(f"/admin/users/{session.user['id']}", wanted)


async def load_sample(stack: StackAddress) -> None:
    """Renders the sample documents, puts them into the Graph stand-in and syncs them."""
    # Its renderers take half a second to import, which every command would wait for.
    from devstack.sample.build import build

    with tempfile.TemporaryDirectory(prefix="nexus-sample-") as name:
        folder = Path(name)
        with Step("Rendering sample documents") as step:
            step.done(f"{len(build(folder))} documents")
        async with await stack.sign_in(ADMIN) as admin:
            scopes = Scopes(admin)
            registered: list[dict[str, Any]] = []
            for sample in SAMPLE_LIBRARIES:
                library, _ = await upload(stack.graph, sample.name, folder / sample.folder)
                scope = (await scopes.department(sample.department), await scopes.country(sample.country))
                registered.append(await register(admin, library, *scope))
            runs = [await sync_one(admin, library, full=False) for library in registered]
            raise_if_failed(registered, runs)
            unread = [library for library, run in zip(registered, runs, strict=True) if run.get("failed")]
            if unread:
                reasons = "\n".join([await failed_documents(admin, library) for library in unread])
                raise StackError(f"{reasons}\nThe stack is up without them; `make up` tries again.")
