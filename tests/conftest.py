# SPDX-License-Identifier: Apache-2.0
"""What several rooms' tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does, before numpy is there

sys.path.insert(0, str(Path(__file__).parent))  # `from stories import rehearsal`
