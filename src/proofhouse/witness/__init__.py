# SPDX-License-Identifier: Apache-2.0
"""Witnesses: others who see the log grow, and sign that it did (c2sp.org/tlog-witness).

    witness.py   what a witness remembers and signs, whatever it is asked over     start here
    server.py    the protocol over HTTP
    ask.py       the log's side: ask each witness of the policy, keep what holds

A witness knows no statement and no party. It says: of this log, this is the largest tree that I
have seen, and every tree I saw before was its beginning. So a log can't show two people two
histories without two sets of witnesses who sign both.
"""
