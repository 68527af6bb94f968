# SPDX-License-Identifier: Apache-2.0
"""The private keys of a home: one file a key, mode 0600, never printed.

    keys/developer.key   keys/assessor.key   keys/partner.key   keys/registrar.key
    keys/body-1.key … keys/body-3.key        the bodies that own bank and threshold
    keys/steward-1.key                       a further key of a role that the file tells
    keys/assessor.token                      a reference to a key in a PKCS #11 token
    keys/log.key                             signs checkpoints (C2SP note key)

A home of the embedded default holds all of them; a party's own home only its own.

    ring.py     the keys of a folder: read, made, encrypted                 start here
    files.py    the bytes of a key file, plain or encrypted
    seal.py     PKCS #8 under a passphrase
    token.py    keys that stay in a token
    ask.py      where passphrase and PIN come from

The vault's own key and the log's are plain files always: ``vault.key``, ``bootstrap``.
"""

from proofhouse.keyring.files import read_private
from proofhouse.keyring.ring import BODIES, ROLES, About, Keyring, role_of

__all__ = ["BODIES", "ROLES", "About", "Keyring", "read_private", "role_of"]
