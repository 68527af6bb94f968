# SPDX-License-Identifier: Apache-2.0
"""The vault: what is confidential, encrypted at rest, erasable case by case.

    vault.py     bodies, outcomes, objects and secrets; erasure          start here
    key.py       the home's vault key, the cases' identities, row names (age, c2sp.org/age)

What is public for ever lies in ``ledger``; what a body says is told in ``formats``.
"""
