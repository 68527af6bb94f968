# SPDX-License-Identifier: Apache-2.0
"""A toy authenticator: registers passkeys and answers with them, as a browser would hand it in.

    key = Authenticator("ES256", seed=1)
    key.register(options, origin)       what navigator.credentials.create() gives, as JSON
    key.answer(options, origin)         what navigator.credentials.get() gives
    key.assertion(signed, origin)       the same over a statement, in the form of formats.assertion

Keys come from a seed and signatures are deterministic (RFC 6979), so that vectors stay the same.
What ``faults`` name is done wrong: flags, counter, type, origin … of the parts that are signed.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from proofhouse.formats.assertion import Assertion, challenge

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unurl64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """One passkey for one relying party."""

    def __init__(self, kind: str = "ES256", *, seed: int = 1, rp_id: str = "localhost") -> None:
        self.rp_id = rp_id
        self.count = 0
        self.user: bytes | None = None
        label = hashlib.sha256(b"authenticator %d %b" % (seed, kind.encode())).digest()
        self.credential = hashlib.sha256(label).digest()[:16]
        if kind == "EdDSA":
            self._ed = Ed25519PrivateKey.from_private_bytes(label)
            x = self._ed.public_key().public_bytes_raw()
            self.public_key = bytes.fromhex("a4010103272006215820") + x
            self._ec = None
        else:
            self._ec = ec.derive_private_key(int.from_bytes(label, "big") >> 1, ec.SECP256R1())
            at = self._ec.public_key().public_numbers()
            x, y = at.x.to_bytes(32, "big"), at.y.to_bytes(32, "big")
            self.public_key = bytes.fromhex("a5010203262001215820") + x
            self.public_key += bytes.fromhex("225820") + y

    def sign(self, data: bytes) -> bytes:
        if self._ec is None:
            return self._ed.sign(data)
        return self._ec.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))

    def register(self, options: dict[str, Any], origin: str, **faults: Any) -> dict[str, Any]:
        """The registration that a browser hands in for ``options`` (JSON of the server)."""
        self.user = unurl64(options["user"]["id"])
        said = client_data("webauthn.create", options["challenge"], origin, faults)
        head = self._head(faults, PRESENT | VERIFIED | ATTESTED)
        data = head + bytes(16) + len(self.credential).to_bytes(2, "big")
        data += self.credential + faults.get("public_key", self.public_key)
        attested = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"
        attested += len(data).to_bytes(2, "big") + data
        return {
            "id": url64(self.credential),
            "rawId": url64(self.credential),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": url64(said),
                "attestationObject": url64(attested),
                "transports": ["internal"],
            },
        }

    def answer(self, options: dict[str, Any], origin: str, **faults: Any) -> dict[str, Any]:
        """The answer that a browser hands in for ``options``."""
        said = client_data("webauthn.get", options["challenge"], origin, faults)
        self.count += 1
        data = self._head(faults, PRESENT | VERIFIED)
        signature = self.sign(data + hashlib.sha256(said).digest())
        return {
            "id": url64(self.credential),
            "rawId": url64(self.credential),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": url64(said),
                "authenticatorData": url64(data),
                "signature": url64(faults.get("signature", signature)),
                "userHandle": None if self.user is None else url64(self.user),
            },
        }

    def assertion(self, signed: bytes, origin: str, **faults: Any) -> Assertion:
        """A person's signature over ``signed``, the PAE of an envelope."""
        asked = faults.get("challenge", challenge(signed))
        response = self.answer({"challenge": asked}, origin, **faults)["response"]
        return Assertion(
            faults.get("public_key", self.public_key),
            unurl64(response["authenticatorData"]),
            unurl64(response["clientDataJSON"]),
            unurl64(response["signature"]),
        )

    def _head(self, faults: dict[str, Any], flags: int) -> bytes:
        flags = faults.get("flags", flags)
        host = faults.get("rp_id", self.rp_id)
        data = hashlib.sha256(host.encode()).digest() + bytes([flags])
        return data + faults.get("count", self.count).to_bytes(4, "big") + faults.get("tail", b"")


def client_data(kind: str, asked: str, origin: str, faults: dict[str, Any]) -> bytes:
    said = {
        "type": faults.get("type", kind),
        "challenge": asked,
        "origin": origin,
        "crossOrigin": faults.get("crossOrigin", False),
        **faults.get("also", {}),
    }
    return faults.get("client_data", json.dumps(said, separators=(",", ":")).encode())
