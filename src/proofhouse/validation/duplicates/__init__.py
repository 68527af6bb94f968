# SPDX-License-Identifier: Apache-2.0
"""The ladder of duplicates: exact keys, alias groups, shared references and text.

`match` says which record of a corpus a query is, with a calibrated confidence and its reasons;
`groups` keeps what was merged, why, and how to take it back. Cheapest first:

    records → text, keys, kinds → prepare → index → features → model → why → match

Limits: text can't settle siblings that say the same words; then the confidence is low and only
running one report's patch against the other's proof decides.
"""
