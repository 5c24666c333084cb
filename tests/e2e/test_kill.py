"""R01: the functions host dies in the middle of a sync. What comes out is what an undisturbed sync gives."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from devstack.graph.client import GraphControl
from tests.e2e.conftest import Stack

KILLS = 3


def files(data: Path, folder: Path) -> Path:
    # none that test_spine asks about: the stack is shared
    for name in ("Benefit_Options.pdf", "role_library.pdf"):
        shutil.copy(data / "azure-northwind" / "docs" / name, folder)
    shutil.copytree(data / "handbook" / "docs" / "departments" / "technical-success", folder / "handbook")
    shutil.copy(data / "broken" / "encrypted-pdf" / "unst__password.pdf", folder)
    return folder


async def state(stack: Stack, library: dict[str, Any]) -> tuple[Any, Any]:
    """Ledger and passages without ids and times: what a reader or administrator can tell."""
    documents = sorted(
        (d["path"], d["status"], d["reason_code"], d["passages"], d["page_count"], d["language"])
        for d in await stack.documents(library)
    )
    passages = sorted(
        (
            p["payload"]["file_url"].split("/Shared", 1)[-1].split("/", 1)[-1].split(library["name"])[-1],
            p["payload"]["chunk_index"],
            p["payload"]["total_chunks"],
            p["payload"]["is_active"],
            p["payload"].get("page"),
            p["payload"]["text"],
        )
        for p in stack.passages(library)
    )
    return documents, passages


async def progress(stack: Stack, library: dict[str, Any]) -> int:
    return sum(document["status"] != "pending" for document in await stack.documents(library))


async def test_r01_a_killed_host_ends_in_the_state_of_an_undisturbed_sync(
    stack: Stack, graph: GraphControl, data: Path, tmp_path: Path
) -> None:
    folder = files(data, tmp_path)
    calm = await stack.add_library("Calm", folder)
    assert (await stack.sync(calm))["status"] == "complete"
    total = len(await stack.documents(calm))

    rough = await stack.add_library("Rough", folder)
    async with await stack.address.sign_in() as admin:
        run = await admin.post(f"/admin/libraries/{rough['id']}/sync", {"full": False})
    for kill in range(1, KILLS + 1):
        while await progress(stack, rough) < kill * total // (KILLS + 2):
            await asyncio.sleep(0.05)
        stack.kill_api()
        stack.up()
    async with await stack.address.sign_in() as admin:
        while (seen := await admin.get(f"/admin/sync-runs/{run['id']}"))["status"] in ("queued", "running"):
            await asyncio.sleep(0.2)
    assert seen["status"] == "complete", seen
    assert seen["added"] + seen["skipped"] + seen["failed"] == total, "every file is counted once"
    assert await state(stack, rough) == await state(stack, calm)
    examined = stack.command("doctor", calm["id"], rough["id"])
    assert examined.returncode == 0, examined.stdout + examined.stderr
    await graph.remove("Rough", "role_library.pdf")
    examined = stack.command("doctor", rough["id"])
    assert examined.returncode == 1, "it finds what no sync has brought yet"
    assert "not_in_sharepoint  role_library.pdf" in examined.stdout
