"""All collections and aliases of one home folder, and the file that remembers them."""

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from devstack.qdrant import wire_collections
from devstack.qdrant.collection import Collection
from devstack.qdrant.collection_config import CollectionConfig
from devstack.qdrant.engine_updates import create_index, delete_index
from devstack.qdrant.refusals import Refused, missing_collection, not_found, wrong_input

log = logging.getLogger(__name__)

ENGINE_THREADS = 4
HOUSEKEEPING_S = 2.0
# Below this an unindexed scan answers a filtered hybrid query of 3072 dimensions in tens of milliseconds.
OPTIMIZE_GROWTH = 20_000
_FORBIDDEN_IN_NAMES = set('<>:"/\\|?*\0\x1f')


class Kept(msgspec.Struct):
    """What the catalog file says of a collection. `schema`: payload indexes as they were asked for."""

    folder: str
    body: wire_collections.CreateCollection
    schema: dict[str, Any] = {}
    optimized_points: int = 0


class CatalogFile(msgspec.Struct):
    collections: dict[str, Kept] = {}
    aliases: dict[str, str] = {}


class Catalog:
    """Open with `start`, end with `stop`. Every change is on disk before it is answered.

    A collection that gained `optimize_growth` points is optimised in the next quiet moment.
    """

    def __init__(self, home: Path, *, optimize_growth: int = OPTIMIZE_GROWTH) -> None:
        self._home = home
        self._optimize_growth = optimize_growth
        self._kept = CatalogFile()
        self._open: dict[str, Collection] = {}
        self._tried: dict[str, int] = {}
        self._changing = asyncio.Lock()
        self._pool: ThreadPoolExecutor
        self._keeper: asyncio.Task[None]

    async def start(self) -> None:
        self._pool = ThreadPoolExecutor(ENGINE_THREADS, thread_name_prefix="qdrant-engine")
        shards = self._home / "shards"
        shards.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self._kept = msgspec.json.decode((self._home / "catalog.json").read_bytes(), type=CatalogFile)
        in_use = {kept.folder for kept in self._kept.collections.values()}
        for folder in shards.iterdir():
            if folder.name not in in_use:  # left by a kill between making or dropping it and the catalog's line
                shutil.rmtree(folder)
        for name, kept in self._kept.collections.items():
            config = CollectionConfig.of(kept.body)
            self._open[name] = await Collection.load(name, shards / kept.folder, config, self._pool)
        self._keeper = asyncio.create_task(self._keep_house())

    async def stop(self) -> None:
        self._keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeper
        for collection in self._open.values():
            await collection.close()
        self._open.clear()
        self._pool.shutdown()

    def _save(self) -> None:
        target = self._home / "catalog.json"
        aside = target.with_suffix(".new")
        with aside.open("wb") as file:
            file.write(msgspec.json.encode(self._kept))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)

    # Collections

    def names(self) -> list[str]:
        return sorted(self._open)

    def real_name(self, name: str) -> str:
        return self._kept.aliases.get(name, name)

    def get(self, name: str) -> Collection:
        """By its name or an alias of it. Raises Refused 404."""
        collection = self._open.get(self.real_name(name))
        if collection is None:
            raise missing_collection(name)
        return collection

    def schema(self, collection: Collection) -> dict[str, Any]:
        return self._kept.collections[collection.name].schema

    async def create(self, name: str, body: wire_collections.CreateCollection) -> None:
        async with self._changing:
            if not name or len(name) > 255 or _FORBIDDEN_IN_NAMES & set(name):
                raise Refused(422, f"Validation error in path parameters: [collection_name: `{name}` is not valid]")
            if name in self._open:
                raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
            if name in self._kept.aliases:
                raise wrong_input(f"Can't create collection with name {name}. Alias with the same name already exists")
            folder = uuid4().hex
            path = self._home / "shards" / folder
            self._open[name] = await Collection.create(name, path, CollectionConfig.of(body), self._pool)
            self._kept.collections[name] = Kept(folder, body)
            self._save()

    async def drop(self, name: str) -> bool:
        """False when there is none of that name; an alias is no name here, as in Qdrant."""
        async with self._changing:
            if name not in self._open:
                return False
            collection = self._open.pop(name)
            folder = collection.folder
            del self._kept.collections[name]
            self._kept.aliases = {alias: of for alias, of in self._kept.aliases.items() if of != name}
            self._save()
            await collection.close()
            shutil.rmtree(folder)
            return True

    async def add_index(self, collection: Collection, body: wire_collections.CreateIndex) -> int:
        operation = await collection.write([create_index(body)])
        schema = {"type": body.field_schema} if isinstance(body.field_schema, str) else body.field_schema
        self.schema(collection)[body.field_name] = schema
        self._save()
        return operation

    async def drop_index(self, collection: Collection, field_name: str) -> int:
        operation = await collection.write([delete_index(field_name)])
        self.schema(collection).pop(field_name, None)
        self._save()
        return operation

    # Aliases

    def aliases(self, name: str | None = None) -> list[dict[str, str]]:
        return [
            {"alias_name": alias, "collection_name": of}
            for alias, of in sorted(self._kept.aliases.items())
            if name in (None, of)
        ]

    async def change_aliases(self, body: wire_collections.ChangeAliases) -> None:
        """All actions or none; readers see the state before or after, nothing between."""
        async with self._changing:
            changed = dict(self._kept.aliases)
            for action in body.actions:
                self._change(changed, action)
            self._kept.aliases = changed
            self._save()

    def _change(self, aliases: dict[str, str], action: wire_collections.AliasAction) -> None:
        match action:
            case wire_collections.AliasAction(create_alias=wire_collections.CreateAlias() as create):
                if create.collection_name not in self._open:
                    raise missing_collection(create.collection_name)
                if create.alias_name in self._open:
                    raise Refused(409, f"Wrong input: Collection `{create.alias_name}` already exists!")
                aliases[create.alias_name] = create.collection_name
            case wire_collections.AliasAction(rename_alias=wire_collections.RenameAlias() as rename):
                if rename.old_alias_name not in aliases:
                    raise not_found(f"Alias {rename.old_alias_name} does not exists!")
                aliases[rename.new_alias_name] = aliases.pop(rename.old_alias_name)
            case wire_collections.AliasAction(delete_alias=wire_collections.DeleteAlias() as delete):
                aliases.pop(delete.alias_name, None)
            case _:
                raise wrong_input("an alias action creates, renames or deletes")

    # Housekeeping

    async def _keep_house(self) -> None:
        seen: dict[str, int] = {}
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            for collection in list(self._open.values()):
                quiet = seen.get(collection.name) == collection.operation
                seen[collection.name] = collection.operation
                if quiet:
                    try:
                        await self._tidy(collection)
                    except Refused as refused:  # dropped in this moment, most likely
                        log.info("tidying %s: %s", collection.name, refused.message)
                    except OSError:
                        log.exception("tidying %s", collection.name)

    async def _tidy(self, collection: Collection) -> None:
        if collection.unflushed:
            await collection.flush()
        kept = self._kept.collections[collection.name]
        points = await collection.read(lambda shard: shard.info().points_count)
        # Where it failed without a write to disturb it, it would fail again.
        if points - kept.optimized_points >= self._optimize_growth and self._tried.get(kept.folder) != (
            before := collection.operation
        ):
            self._tried[kept.folder] = before
            await self.optimize(collection, points)

    async def optimize(self, collection: Collection, points: int) -> bool:
        """True when the collection now runs on the optimised copy."""
        return await collection.optimize_aside(
            self._home / "shards" / uuid4().hex, self._adoption(self._kept.collections[collection.name], points)
        )

    def _adoption(self, kept: Kept, points: int) -> Callable[[Path], None]:
        def adopted(folder: Path) -> None:
            kept.folder, kept.optimized_points = folder.name, points
            self._save()

        return adopted
