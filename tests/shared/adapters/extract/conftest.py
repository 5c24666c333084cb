from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.adapters.extract.reading import read
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.domain.extracted import Extracted
from shared.errors import ExtractionFailed

_REAL = Path(__file__).resolve().parents[5] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not _REAL.is_dir():
        pytest.skip("the real documents are not beside this checkout (../shared/data)")
    return _REAL


@pytest.fixture
async def sandbox() -> AsyncIterator[ExtractionSandbox]:
    sandbox = ExtractionSandbox(workers=1)
    yield sandbox
    await sandbox.close()


class Reader:
    """Reads in this process, as the worker would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def read(self, path: Path) -> Extracted:
        return read(path, path.name, max_bytes=10_000_000, max_characters=1_000_000)

    def content(self, name: str, content: bytes | str) -> Extracted:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.read(path)

    def refusal(self, path: Path) -> str:
        """The reason code."""
        with pytest.raises(ExtractionFailed) as raised:
            self.read(path)
        assert raised.value.detail.endswith("."), "a sentence for people"
        return raised.value.reason_code

    def refused_content(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.refusal(path)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)
