"""A SharePoint library under the hands of people who do everything at once, and a sync that is killed and disturbed.

Every choice comes from one seeded generator, so that the seed tells the whole story.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from devstack.graph.client import ControlFailed
from tests.shared.services.guarantees.mortality import Killed
from tests.shared.services.guarantees.synced_library import SyncedLibrary

# Names that SharePoint takes and that something on the way might not: quoted, percent-like, composed, right to left.
NAMES = (
    "note", "Übersicht", "a+b & c", "100 %", "50%25 off", "#hash", "semi;colon", "quote's", "مرحبا", "日本語",
    "e\u0301clair", "dots..dots", "[brackets]", "comma, comma", "~tilde", "x" * 90, "🎈 balloon", "CON",
)  # fmt: skip
ENDINGS = ("md", "txt", "MD", "md", "txt", "html", "csv")
# What is put into files: few enough that copies of the same content are common.
SENTENCES = tuple(f"The {adjective} {noun} opens at {hour}." for adjective in ("old", "new", "tall")
                  for noun in ("hangar", "mill", "gate", "tower") for hour in (7, 9, 12))  # fmt: skip
MOST_DEPTH = 5
FAULTS: tuple[dict[str, Any], ...] = (
    {"match": {"path": "root/delta$"}, "then": {"status": 429, "headers": {"Retry-After": "30"}}, "times": 1},
    {"match": {"path": "root/delta$"}, "then": {"status": 500}, "times": 4},
    {"match": {"path": "/content$", "probability": 0.2}, "then": {"status": 503, "headers": {"Retry-After": "9"}},
     "times": 3},
    {"match": {"path": "/content$", "probability": 0.1}, "then": {"status": 401}, "times": 1},
    {"match": {"path": "download.aspx$", "probability": 0.3}, "then": {"truncate_after": 3}, "times": 4},
    {"match": {"path": "download.aspx$", "probability": 0.2}, "then": {"status": 403}, "times": 3},
    {"match": {"path": "download.aspx$", "probability": 0.2}, "then": {"reset": True}, "times": 3},
)  # fmt: skip
RESYNCS = ("resyncChangesApplyDifferences", "resyncChangesUploadDifferences", "resyncRequired")


@dataclass
class Walk:
    """`files` and `folders` are paths, kept beside what SharePoint has, to choose from."""

    library: SyncedLibrary
    chance: random.Random
    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    journal: list[str] = field(default_factory=list)

    async def operation(self) -> None:
        """One change that SharePoint took."""
        while True:
            name = self.chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
            try:
                what = await getattr(self, f"_{name}")()
            except ControlFailed as refused:
                # a name that is taken, a path that grew too long, a folder moved into itself: as SharePoint says
                if refused.status not in (400, 409):
                    raise
                continue
            if what is not None:
                self.done[name] += 1
                self.journal.append(f"{name} {what}")
                return

    # --- what people do ------------------------------------------------------------------------------------------

    async def _create(self) -> str | None:
        path = self._free(f"{self._name()}.{self.chance.choice(ENDINGS)}")
        await self.library.put(path, self._text())
        self._noted(path)
        return path

    async def _change(self) -> str | None:
        if (path := self._one(self.files)) is not None:
            await self.library.put(path, self._text())
        return path

    async def _touch(self) -> str | None:
        """The same content put again under another name: copies, and the same bytes as before."""
        if (path := self._one(self.files)) is None:
            return None
        await self.library.put(path, SENTENCES[0])
        await self.library.put(path, SENTENCES[0])
        return path

    async def _rename(self) -> str | None:
        if (path := self._one(self.files | self.packages)) is None:
            return None
        stem = f"{self._name()}.{self.chance.choice(ENDINGS)}" if path in self.files else self._name()
        return await self._moved(path, _join(_parent(path), stem))

    async def _move_file(self) -> str | None:
        if (path := self._one(self.files | self.packages)) is None:
            return None
        return await self._moved(path, _join(self._folder(), path.rpartition("/")[2]))

    async def _rename_folder(self) -> str | None:
        if (path := self._one(self.folders)) is None:
            return None
        return await self._moved(path, _join(_parent(path), self._name()))

    async def _move_folder(self) -> str | None:
        if (path := self._one(self.folders)) is None:
            return None
        return await self._moved(path, _join(self._folder(), path.rpartition("/")[2]))

    async def _delete(self) -> str | None:
        if (path := self._one(self.files | self.packages)) is not None:
            await self._removed(path)
        return path

    async def _delete_folder(self) -> str | None:
        """Rarely one with much in it: the library shall not stay empty."""
        small = {folder for folder in self.folders if sum(_below(file, folder) for file in self.files) < 12}
        if (path := self._one(small)) is not None:
            await self._removed(path)
        return path

    async def _recreate(self) -> str | None:
        """Deleted and made again under the same name, before any sync sees it: another item."""
        if (path := self._one(self.files)) is None:
            return None
        await self._removed(path)
        await self.library.put(path, self._text())
        self._noted(path)
        return path

    async def _save_from_folder(self) -> str | None:
        """What is in a folder is moved out, and the folder goes, in one go."""
        if (folder := self._one(self.folders)) is None:
            return None
        inside = sorted(path for path in self.folders | self.files if _parent(path) == folder)
        for path in inside[:3]:
            await self._moved(path, _join(_parent(folder), f"saved {self._name()} {path.rpartition('/')[2]}"))
        if sum(_below(file, folder) for file in self.files) < 12:
            await self._removed(folder)
        return folder

    async def _grow_folder(self) -> str | None:
        folder = _join(self._folder(), self._name())
        if folder.count("/") >= MOST_DEPTH:
            return None
        for number in range(self.chance.randint(2, 5)):
            path = f"{folder}/{number}.md"
            await self.library.put(path, self._text())
            self._noted(path)
        return folder

    async def _make_folder(self) -> str | None:
        folder = _join(self._folder(), self._name())
        if folder.count("/") >= MOST_DEPTH:
            return None
        await self.library.sharepoint.mkdir(self.library.remote.name, folder)
        self._noted_folder(folder)
        return folder

    async def _package(self) -> str | None:
        path = self._free(self._name())
        await self.library.sharepoint.add_notebook(self.library.remote.name, path)
        self.packages.add(path)
        self._noted_folder(_parent(path))
        return path

    # --- syncs -----------------------------------------------------------------------------------------------------

    async def sync(self) -> None:
        """A sync as the timer starts it: undisturbed, under faults, killed midway, after a 410, or in full."""
        kind = self.chance.choices(["calm", "faults", "killed", "resync", "full"], [4, 3, 4, 1, 1])[0]
        self.done[f"sync: {kind}"] += 1
        self.journal.append(f"sync: {kind}")
        sharepoint = self.library.sharepoint
        await sharepoint.script(
            page_size=self.chance.choice([None, None, 3, 11]), duplicate_items=self.chance.random() < 0.2
        )
        if kind == "resync":
            await sharepoint.script(resync=self.chance.choice(RESYNCS))
        if kind == "faults":
            rules = self.chance.sample(FAULTS, 2)
            await sharepoint.add_faults(*({**rule, "seed": self.chance.randint(0, 2**31)} for rule in rules))
        await self.library.start(full=kind == "full", confirmed=True)
        if kind == "killed":
            await self._killed()
        else:
            await self.library.durable.drain()
        await sharepoint.clear_faults()
        await sharepoint.script(resync=None, duplicate_items=False)

    async def _killed(self) -> None:
        """After a step between any two: then SharePoint goes on, and the next sync finds what is left."""
        self.library.mortality.live_until(self.chance.randint(1, 60))
        try:
            await self.library.durable.drain()
        except* Killed:
            self.journal.append(f"killed: {self.library.mortality.trail[-1]}")
        self.library.restart()

    async def settle(self) -> None:
        """Syncs without trouble, until every file that had failed was tried once more."""
        await self.library.sharepoint.script(page_size=None)
        for _ in range(2):
            await self.library.start(confirmed=True)
            await self.library.durable.drain()
            # given up or not: what was hindered on the way is read now
            await self.library.let_failed_be_tried()
        await self.library.sync(confirmed=True)

    # --- choosing --------------------------------------------------------------------------------------------------

    def _one(self, paths: set[str]) -> str | None:
        return self.chance.choice(sorted(paths)) if paths else None

    def _name(self) -> str:
        return f"{self.chance.choice(NAMES)} {self.chance.randint(0, 99)}"

    def _text(self) -> str:
        return "\n\n".join(self.chance.choices(SENTENCES, k=self.chance.randint(1, 3)))

    def _folder(self) -> str:
        shallow = {folder for folder in self.folders if folder.count("/") < MOST_DEPTH - 1}
        return "" if self.chance.random() < 0.3 else self._one(shallow) or ""

    def _free(self, name: str) -> str:
        return _join(self._folder(), name)

    def _noted(self, path: str) -> None:
        self.files.add(path)
        self._noted_folder(_parent(path))

    def _noted_folder(self, folder: str) -> None:
        while folder:
            self.folders.add(folder)
            folder = _parent(folder)

    async def _moved(self, path: str, new_path: str) -> str:
        await self.library.move(path, new_path)
        for kept in (self.files, self.folders, self.packages):
            inside = {each for each in kept if each == path or _below(each, path)}
            kept -= inside
            kept |= {new_path + each[len(path) :] for each in inside}
        self._noted_folder(_parent(new_path))
        return f"{path} → {new_path}"

    async def _removed(self, path: str) -> None:
        await self.library.remove(path)
        for kept in (self.files, self.folders, self.packages):
            kept -= {each for each in kept if each == path or _below(each, path)}


_WEIGHTS = {
    "create": 20, "change": 18, "touch": 4, "rename": 10, "move_file": 10, "rename_folder": 7, "move_folder": 6,
    "delete": 13, "delete_folder": 4, "recreate": 6, "save_from_folder": 4, "grow_folder": 4, "make_folder": 3,
    "package": 2,
}  # fmt: skip


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")
