# SPDX-License-Identifier: Apache-2.0
"""What addr2line prints, read back; names and paths that are hostile or missing."""

from __future__ import annotations

from proofhouse.oracles.symbols import Place, parse

PRINTED = b"""\
0x000000000000391a
record_lap
/work/src/extras.c:86
0x000000000000299f
dispatch.isra.0
/work/src/fitness.c:25
parse
/work/src/fitness.c:53 (discriminator 3)
process
/work/src/fitness.c:65
0x0000000000002210
_start
??:?
0x0000000000000001
??
??:0
"""


def test_inlined_functions_come_innermost_first():
    places = parse(PRINTED)
    assert places[0x391A] == (Place("record_lap", "/work/src/extras.c", 86),)
    assert places[0x299F] == (
        Place("dispatch", "/work/src/fitness.c", 25),
        Place("parse", "/work/src/fitness.c", 53),
        Place("process", "/work/src/fitness.c", 65),
    )


def test_what_has_no_source_has_no_path():
    places = parse(PRINTED)
    assert places[0x2210] == (Place("_start", "", 0),)
    assert places[1] == (Place("??", "", 0),)


def test_output_cut_off_or_of_no_use_is_read_as_far_as_it_goes():
    assert parse(b"") == {}
    assert parse(PRINTED[:30]) == {0x391A: ()}
    assert (
        parse(b"0x000000000000391a\nf\n/a/b:c.c:99999999999999999999\n")[0x391A][0].path
        == "/a/b:c.c"
    )
