# SPDX-License-Identifier: Apache-2.0
"""``python -m proofhouse.sandbox``: compile a sandbox's first process beforehand; say where it lies.

Raises PrerequisiteError as ``build.init_binary`` does.
"""

from __future__ import annotations

from proofhouse.sandbox.build import init_binary

if __name__ == "__main__":
    print(init_binary())
