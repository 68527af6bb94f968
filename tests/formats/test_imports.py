# SPDX-License-Identifier: Apache-2.0
"""What the formats bring with them: an outsider installs cryptography, and rbcl to open."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import proofhouse.formats

MODULES = sorted(
    f"proofhouse.formats.{module.name}"
    for module in pkgutil.iter_modules(proofhouse.formats.__path__)
)
CRYPTOGRAPHY = {"cryptography", "_cffi_backend", "_openssl"}
PROBE = """
import importlib, json, sys
before = set(sys.modules)
for name in {modules}:
    importlib.import_module(name)
from proofhouse.formats.commitment import Opening
imported = set(sys.modules) - before
{then}
print(json.dumps(sorted({{name.split(".")[0] for name in {which}}})))
"""


def imported(then: str, which: str) -> set[str]:
    code = PROBE.format(modules=MODULES, then=then, which=which)
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, check=True, text=True, timeout=60
    )
    return set(json.loads(done.stdout)) - sys.stdlib_module_names


def test_formats_need_cryptography_alone() -> None:
    """Importing every module brings in the standard library and cryptography, no more."""
    assert imported("", "imported") <= {"proofhouse"} | CRYPTOGRAPHY


def test_rbcl_is_loaded_when_a_commitment_is_touched() -> None:
    """libsodium comes in with the first double commitment, and nothing else does."""
    late = imported("Opening(1)", "set(sys.modules) - before - imported")
    assert late == {"rbcl", "barriers"}
