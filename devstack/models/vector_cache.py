"""Vectors that were computed once, on disk by the hash of their text, and files of them that can be shipped."""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

type Half = npt.NDArray[np.float16]

CREATE = """
    CREATE TABLE IF NOT EXISTS vectors (
        model  TEXT NOT NULL,
        hash   BLOB NOT NULL,
        vector BLOB NOT NULL,
        PRIMARY KEY (model, hash)
    ) WITHOUT ROWID
"""
FIND = "SELECT vector FROM vectors WHERE model = ? AND hash = ?"
ALL = "SELECT hash, vector FROM vectors WHERE model = ? ORDER BY hash"
ADD = "INSERT OR IGNORE INTO vectors (model, hash, vector) VALUES (?, ?, ?)"


def text_hash(text: str) -> bytes:
    """16 bytes; of the text as it came, prefix included."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class VectorCache:
    """float16 vectors of one model in `home`/embeddings.sqlite. Safe to use from several threads and processes."""

    def __init__(self, home: Path, model: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._model = model
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(home / "embeddings.sqlite", timeout=30, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A vector lost in a power cut is computed again; waiting for the disk at each one is not worth it.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(CREATE)
        self._connection.commit()

    def find(self, hashes: Sequence[bytes]) -> dict[bytes, Half]:
        found: dict[bytes, Half] = {}
        with self._lock:
            for key in hashes:
                row = self._connection.execute(FIND, (self._model, key)).fetchone()
                if row is not None:
                    found[key] = np.frombuffer(row[0], dtype="<f2")
        return found

    def all(self) -> dict[bytes, Half]:
        with self._lock:
            rows = self._connection.execute(ALL, (self._model,)).fetchall()
        return {found: np.frombuffer(vector, dtype="<f2") for found, vector in rows}

    def add(self, vectors: dict[bytes, Half]) -> None:
        rows = [(self._model, key, vector.astype("<f2").tobytes()) for key, vector in vectors.items()]
        with self._lock, self._connection:
            self._connection.executemany(ADD, rows)

    def seed(self, file: Path) -> int:
        """Loads a shipped file; returns how many of its vectors are of this model (others are left out)."""
        count = 0
        for model, vectors in read_vectors(file):
            if model == self._model:
                self.add(vectors)
                count += len(vectors)
        return count

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def write_vectors(file: Path, model: str, vectors: dict[bytes, Half]) -> None:
    """An .npz of `model`, `hashes` (n, 16) uint8 and `vectors` (n, dimensions) float16, in order of hash."""
    ordered = sorted(vectors)
    np.savez_compressed(
        file,
        model=np.array(model),
        hashes=np.frombuffer(b"".join(ordered), dtype=np.uint8).reshape(len(ordered), 16),
        vectors=np.stack([vectors[key] for key in ordered]) if ordered else np.zeros((0, 0), np.float16),
    )


def read_vectors(file: Path) -> Iterator[tuple[str, dict[bytes, Half]]]:
    with np.load(file, allow_pickle=False) as stored:
        hashes = [row.tobytes() for row in stored["hashes"]]
        yield str(stored["model"]), dict(zip(hashes, stored["vectors"], strict=True))
