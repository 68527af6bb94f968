# SPDX-License-Identifier: Apache-2.0
"""Bytes to values and back, pure: everything an outsider needs to read and verify the record.

    canonical   canonical JSON                 note        C2SP signed notes and their keys
    digest      SHA-256                        checkpoint  C2SP tlog-checkpoint
    keys        Ed25519                        cosignature C2SP tlog-cosignature
    envelope    DSSE                           merkle      RFC 6962 and 9162 trees and proofs
    statement   in-toto Statement v1           tiles       C2SP tlog-tiles
    predicates  what each statement holds      proof       C2SP tlog-proof
    leaf        sealed and clear leaves        bundle      what an outsider is handed
    salted      single fields, sealed          policy      whom an outsider trusts
    commitment  double commitments             fields      strict readers for all of these
    assertion   a person's passkey             pae         what DSSE signs

House rules. Rule 1: what parses prints back to the same bytes. Rule 2: bytes that do not parse
raise FormatError and nothing else. Rule 3: a verification raises VerificationError or returns None.
Rule 4: nothing outside the standard library, ``cryptography`` and, once a Pedersen commitment is
touched, ``rbcl`` is imported. One page a format stands in spec/.
"""
