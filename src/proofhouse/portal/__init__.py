# SPDX-License-Identifier: Apache-2.0
"""The portal: parse, one desk verb, render. What a page can do, the API can do.

    house.py        the one handle on the open home: desk, people, clock
    acts.py         the table of acts: one row a verb of the desk, with its fields and its words
    signing.py      from a filled form to a registered statement: draft, approvals, signatures
    projection.py   which cases there are, whose they are and where they stand: rebuilt, never kept
    runs.py         plans and evaluations in the background, told to whoever watches
    sweep.py        what is due without a person remembering: windows, runs of those who left
    app.py          puts the routes together

Installed by the extra ``portal``; the main job needs none of it.
"""
