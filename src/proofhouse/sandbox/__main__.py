# SPDX-License-Identifier: Apache-2.0
"""``python -m proofhouse.sandbox``: compile a sandbox's first process, print its path.

Raises PrerequisiteError as ``build.init_binary`` does.
"""

from __future__ import annotations

from proofhouse.sandbox.build import init_binary

if __name__ == "__main__":
    print(init_binary())
