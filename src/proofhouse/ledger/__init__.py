# SPDX-License-Identifier: Apache-2.0
"""The log: append, prove, audit, export.

    log.py      appends, signs checkpoints, proves                 start here
    store.py    what it asks of a store; ``memory`` and ``sqlite`` are two
    memories.py what the log was last, apart from it; what witnesses said of it
    audit.py    every stored leaf, tile and checkpoint, compared
    export.py   the log as files for any web server (C2SP tlog-tiles)
    serve.py    such files over HTTP, and published.py: read, from a folder or over HTTP

Leaves are opaque bytes here: what a statement means is ``rules``, what is sealed lies in ``vault``.
"""
