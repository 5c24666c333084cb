"""R08, S12: every file of two public collections goes through ingest, the broken ones beside the ordinary ones."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.conftest import Stack


def rows(data: Path, collection: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data / collection / "FILES.jsonl").read_text().splitlines()]


async def test_every_ordinary_and_every_broken_file_is_indexed_or_has_a_reason(
    stack: Stack, data: Path, tmp_path: Path
) -> None:
    expected: dict[str, str] = {}
    for collection in ("office", "broken"):
        for name in (row["file"] for row in rows(data, collection)):
            source = data / collection / name
            if not source.is_file():
                continue
            target = tmp_path / collection / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
            expected[f"{collection}/{name}"] = collection
    process_before = stack.address.content["pids"]["api"]
    library = await stack.add_library("Collections", tmp_path)
    run = await stack.sync(library)
    documents = {document["path"]: document for document in await stack.documents(library)}

    assert run["status"] == "complete"
    assert documents.keys() == expected.keys()
    told = Counter((expected[path], d["status"], d["reason_code"]) for path, d in documents.items())
    print(json.dumps({" ".join(map(str, key)): count for key, count in sorted(told.items(), key=str)}, indent=1))
    for path, document in documents.items():
        assert document["status"] in ("indexed", "skipped", "failed"), path
        if document["status"] == "indexed":
            assert document["passages"] > 0, path
        else:
            assert document["reason_code"] not in (None, "internal_error"), path
            assert document["reason"], path
    indexed = Counter(expected[path] for path, d in documents.items() if d["status"] == "indexed")
    assert indexed["office"] >= 0.9 * sum(collection == "office" for collection in expected.values())
    # Those that are left out hold no text for the usual libraries either (an empty sheet, a slide of pictures).
    observed = {f"office/{row['file']}": row["observed"].get("chars") for row in rows(data, "office")}
    refused = [path for path, d in documents.items() if d["status"] != "indexed" and observed.get(path)]
    assert refused == []
    encrypted = [d for path, d in documents.items() if "/encrypted-pdf/" in path]
    assert all(d["reason_code"] == "encrypted" for d in encrypted if d["status"] != "indexed")
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{stack.address.api}/api/health/ready")).status_code == 200
    assert stack.address.read(stack.environment).content["pids"]["api"] == process_before
