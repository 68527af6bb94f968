# SPDX-License-Identifier: Apache-2.0
"""Lives a whole inquiry and review on the embedded default, every party played by its own key.

A journey has no memory of its own: it reads the state of the case, and whoever's move it is moves.
One move is one statement (``moves``). So a journey that was killed goes on from the chain as it
stands; what no statement says, its case and its wishes, is in the ``journal``.
"""

from proofhouse.journey.journal import Broken, Journal, Wishes
from proofhouse.journey.journey import Journey, abandon
from proofhouse.journey.told import Progress, Registered, Said, Tell, Told

__all__ = [
    "Broken",
    "Journal",
    "Journey",
    "Progress",
    "Registered",
    "Said",
    "Tell",
    "Told",
    "Wishes",
    "abandon",
]
