# SPDX-License-Identifier: Apache-2.0
"""A vault in a fresh home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from proofhouse.vault.vault import Vault


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def open_vault(home: Path) -> Iterator[Callable[..., Vault]]:
    """Opens the home's vault, as often as one likes."""
    opened = []

    def opener(*, create: bool = False) -> Vault:
        opened.append(Vault.open(home / "vault.sqlite", home / "vault.key", create=create))
        return opened[-1]

    yield opener
    for vault in opened:
        vault.close()


@pytest.fixture
def vault(home: Path, open_vault: Callable[..., Vault]) -> Vault:
    home.mkdir(mode=0o700)
    return open_vault(create=True)
