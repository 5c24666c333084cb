from pathlib import Path

import pytest

from devstack.sample.build import build


@pytest.fixture(scope="session")
def sample_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample documents, built once."""
    folder = tmp_path_factory.mktemp("sample")
    build(folder)
    return folder
