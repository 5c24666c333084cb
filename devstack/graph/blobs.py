"""File contents on disk, each stored once under its SHA-256."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from devstack.graph.quickxorhash import QuickXorHash


@dataclass(frozen=True, slots=True)
class Content:
    blob: str
    size: int
    quick_xor: str


class Blobs:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, blob: str) -> Path:
        return self._folder / blob[:2] / blob

    async def keep(self, pieces: AsyncIterator[bytes]) -> Content:
        """Written beside and renamed, so that a killed server never leaves half a file under a whole name."""
        sha, quick_xor, size = hashlib.sha256(), QuickXorHash(), 0
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix="incoming-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                async for piece in pieces:
                    sha.update(piece)
                    quick_xor.update(piece)
                    size += len(piece)
                    await asyncio.to_thread(file.write, piece)
            target = self.path(sha.hexdigest())
            target.parent.mkdir(exist_ok=True)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return Content(sha.hexdigest(), size, quick_xor.base64())
