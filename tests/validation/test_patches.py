# SPDX-License-Identifier: Apache-2.0
"""Unified diffs: read as git and GNU write them, applied with no fuzz, refused out of the tree."""

from __future__ import annotations

import contextlib
import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, RefusedError
from proofhouse.validation.patches import apply, parse
from proofhouse.validation.sources import Entry, Tree, make_tree

TEXT = "".join(f"line {n}\n" for n in range(1, 21))


def tree(**files: str) -> Tree:
    named = {name.replace("__", "/").replace("_c", ".c"): text for name, text in files.items()}
    return make_tree((path, Entry(text.encode())) for path, text in named.items())


def diff(old: str, new: str, path: str = "a.c", lines: int = 3) -> bytes:
    made = difflib.unified_diff(
        old.splitlines(keepends=True),
        new.splitlines(keepends=True),
        f"a/{path}",
        f"b/{path}",
        n=lines,
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in made
    ).encode()


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_diff_applied_gives_the_new_text(data: st.DataObject) -> None:
    """For any two texts, old plus their diff is new; a last line without its end included."""
    line = st.text(alphabet="ab \t\r@-+\\", max_size=6)
    text = st.builds(
        lambda lines, end: "\n".join(lines) + ("\n" if lines and end else ""),
        st.lists(line, min_size=1, max_size=12),
        st.booleans(),
    )
    old, new = data.draw(text), data.draw(text)
    # difflib takes carriage returns for line ends, which a diff does not
    old, new = old.replace("\r", "r"), new.replace("\r", "r")
    patch = diff(old, new)
    if not patch:
        return
    assert apply(parse(patch), tree(a_c=old)).entries["a.c"].data == new.encode()


def test_a_hunk_that_moved_is_found_where_it_is_unique() -> None:
    """A wrong line number is no matter if the old lines occur exactly once."""
    patch = diff(TEXT, TEXT.replace("line 10\n", "line ten\n"))
    moved = tree(a_c="new\n" * 5 + TEXT)
    assert b"line ten\n" in apply(parse(patch), moved).entries["a.c"].data
    with pytest.raises(RefusedError) as caught:
        apply(parse(patch), tree(a_c="new\n" * 5 + TEXT + TEXT))
    assert caught.value.rule == "apply"


def test_one_different_line_of_context_refuses() -> None:
    """Fuzz is zero."""
    patch = diff(TEXT, TEXT.replace("line 10\n", "line ten\n"))
    with pytest.raises(RefusedError):
        apply(parse(patch), tree(a_c=TEXT.replace("line 12\n", "line twelve\n")))


def test_gits_headers_make_delete_rename_and_chmod() -> None:
    """New, deleted, renamed files and the executable bit are read from git's own lines."""
    patch = b"""diff --git a/new.sh b/new.sh
new file mode 100755
index 0000000..1111111
--- /dev/null
+++ b/new.sh
@@ -0,0 +1 @@
+echo
diff --git a/old.c b/old.c
deleted file mode 100644
--- a/old.c
+++ /dev/null
@@ -1 +0,0 @@
-gone
diff --git a/from.c b/to.c
similarity index 100%
rename from from.c
rename to to.c
diff --git a/mode.c b/mode.c
old mode 100644
new mode 100755
"""
    before = tree(old_c="gone\n", from_c="kept\n", mode_c="m\n")
    after = apply(parse(patch), before).entries
    assert sorted(after) == ["mode.c", "new.sh", "to.c"]
    assert after["new.sh"].executable
    assert after["mode.c"].executable
    assert after["to.c"].data == b"kept\n"


@pytest.mark.parametrize(
    "path", ["../../etc/x", "/etc/x", "a/../../x", ".git/hooks/post-commit", "a\\..\\x"]
)
def test_a_path_out_of_the_tree_is_refused(path: str) -> None:
    """Neither the old nor the new name may lead out, nor into version control."""
    for header in (f"--- a/{path}\n+++ b/a.c\n", f"--- /dev/null\n+++ {path}\n"):
        with pytest.raises(RefusedError):
            parse(f"{header}@@ -0,0 +1 @@\n+x\n".encode())


def test_links_modes_and_binary_patches_are_refused() -> None:
    """A link, a submodule, a set-uid mode and a binary hunk each have their rule."""
    for mode, rule in (("120000", "link"), ("160000", "link"), ("104755", "mode")):
        made = (
            f"diff --git a/x b/x\nnew file mode {mode}\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n"
        )
        with pytest.raises(RefusedError) as caught:
            parse(made.encode())
        assert caught.value.rule == rule
    for text in (b"diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\nliteral 3\n",):
        with pytest.raises(RefusedError) as caught:
            parse(text)
        assert caught.value.rule == "binary"


def test_a_file_is_not_changed_through_a_link() -> None:
    """A patch to a path that is a link is refused."""
    linked = make_tree([("a.c", Entry(link="b.c")), ("b.c", Entry(b"x\n"))])
    with pytest.raises(RefusedError) as caught:
        apply(parse(diff("x\n", "y\n")), linked)
    assert caught.value.rule == "link"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"hello\n",
        b"--- a/a.c\n+++ b/a.c\n",
        b"--- a/a.c\n+++ b/a.c\n@@ -1,2 +1 @@\n-x\n",
        b"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n*x\n",
        b"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-x\n+y\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-y\n+z\n",
        b"--- a/\xff\n+++ b/\xff\n@@ -1 +1 @@\n-x\n+y\n",
    ],
)
def test_what_is_no_diff_says_so(text: bytes) -> None:
    """Nothing, prose, a header alone, a hunk cut short, a bad mark, a file twice: FormatError."""
    with pytest.raises(FormatError):
        parse(text)


PIECES = st.sampled_from(
    [
        b"--- a/a.c\n", b"+++ b/a.c\n", b"@@ -1 +1 @@\n", b"@@ -1,9 +1,9 @@\n", b"-line 1\n",
        b"+x\n",
        b" line 1\n", b"diff --git a/a.c b/a.c\n", b"new file mode 100644\n", b"old mode 100644\n",
        b"rename from a.c\n", b"rename to b.c\n", b"\\ No newline at end of file\n", b"\n", b"\r\n",
        b"--- /dev/null\n", b"+++ /dev/null\n", b"GIT binary patch\n", b'--- "a/\\303\\251"\n',
        b"deleted file mode 100644\n", b"index 1..2 100644\n", b"@@ -0,0 +1 @@\n", b"copy from x\n",
    ]
)  # fmt: skip


@given(
    st.binary(max_size=400) | st.lists(PIECES | st.binary(max_size=8), max_size=24).map(b"".join)
)
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_a_patch_or_refused(data: bytes) -> None:
    """Whatever bytes come in, reading and applying give a tree, FormatError or RefusedError."""
    with contextlib.suppress(FormatError, RefusedError):
        apply(parse(data), tree(a_c=TEXT))
