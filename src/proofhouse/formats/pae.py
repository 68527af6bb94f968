# SPDX-License-Identifier: Apache-2.0
"""What DSSE signs: not the payload but its pre-authentication encoding (PAE).

    DSSEv1 28 application/vnd.in-toto+json 312 {"_type":…

github.com/secure-systems-lab/dsse, protocol.md. Type and payload can't run into each other.
"""

from __future__ import annotations


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
