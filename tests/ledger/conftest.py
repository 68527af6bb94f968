# SPDX-License-Identifier: Apache-2.0
"""Stores of both kinds, and a ledger file to open, edit and break."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import NoteSigner
from proofhouse.ledger.log import Log
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.sqlite import SqliteStore
from proofhouse.ledger.store import Store

from .parts import ORIGIN, entries


@pytest.fixture(scope="session")
def key() -> NoteSigner:
    return NoteSigner(ORIGIN, SigningKey(b"k" * 32))


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = (
        MemoryStore()
        if request.param == "memory"
        else SqliteStore(tmp_path / "ledger.sqlite", create=True)
    )
    yield made
    made.close()


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory, key: NoteSigner) -> Path:
    """A ledger file of 700 leaves in batches of 70, closed; to be copied, not touched."""
    path = tmp_path_factory.mktemp("grown") / "ledger.sqlite"
    store = SqliteStore(path, create=True)
    log = Log.open(store, key)
    for start in range(0, 700, 70):
        log.append(entries(70, start))
    store.close()
    return path


@pytest.fixture
def path(grown: Path, tmp_path: Path) -> Path:
    """A copy of that file for one test."""
    return Path(shutil.copy(grown, tmp_path / "ledger.sqlite"))


@pytest.fixture
def open_log(path: Path, key: NoteSigner) -> Iterator[Callable[..., Log]]:
    """Opens the file again, as often as one likes."""
    stores = []

    def opener(**options: Any) -> Log:
        stores.append(SqliteStore(path))
        return Log.open(stores[-1], key, **options)

    yield opener
    for store in stores:
        store.close()
