# SPDX-License-Identifier: Apache-2.0
"""Sources from folders and archives: what is kept, what is refused; nothing is unpacked."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, InputError, RefusedError
from proofhouse.validation import sources
from proofhouse.validation.sources import Entry, make_tree, read_archive, read_source


def tarred(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_a_folder_and_its_archive_are_one_source(tmp_path: Path) -> None:
    """The same files give the same digest, from a folder, a tar, a gzip and a zip."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.c").write_bytes(b"int a;\n")
    (tmp_path / "run.sh").write_bytes(b"#!/bin/sh\n")
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_bytes(b"x")
    tree = read_source(tmp_path)
    assert list(tree.entries) == ["run.sh", "src/a.c"]
    plain = tree.to_tar()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for path, entry in tree.entries.items():
            info = zipfile.ZipInfo(f"top/{path}")
            info.external_attr = (0o755 if entry.executable else 0o644) << 16
            archive.writestr(info, entry.data)
    for data in (plain, gzip.compress(plain), zipped.getvalue()):
        assert read_archive(data).digest == tree.digest


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", "a/./b", "a\\b", "a\nb", "x" * 2000, "a//b"]
)
def test_a_path_out_of_the_tree_is_refused(name: str) -> None:
    """Traversal, absolute paths, backslashes and control characters never make an entry."""
    with pytest.raises(RefusedError):
        read_archive(tarred((member(name), b"x"), (member("fine"), b"y")))


@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "a/../../../b"])
def test_a_link_out_of_the_tree_is_refused(target: str) -> None:
    """A symbolic link may lead only to places inside its tree."""
    with pytest.raises(RefusedError):
        read_archive(tarred((member("d/l", tarfile.SYMTYPE, target), b"")))


def test_a_link_inside_is_kept_and_nothing_may_lie_below_it() -> None:
    """A relative link inside stays a link; a file below it, the classic trick, is refused."""
    link = (member("d/l", tarfile.SYMTYPE, "../e"), b"")
    kept = read_archive(tarred(link, (member("e"), b"1")))
    assert kept.entries["d/l"].link == "../e"
    with pytest.raises(RefusedError):
        read_archive(tarred(link, (member("d/l/x"), b"1"), (member("e"), b"1")))


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_is_refused(kind: bytes) -> None:
    """Hard links, devices and pipes are no source."""
    with pytest.raises(RefusedError):
        read_archive(tarred((member("x", kind, "y"), b""), (member("y"), b"")))


def test_a_bomb_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive that unpacks to more than the limit is refused, gzip and zip alike."""
    monkeypatch.setattr(sources, "MOST_BYTES", 1 << 16)
    monkeypatch.setattr(sources, "MOST_FILES", 10)
    zeros = bytes(1 << 20)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", zeros)
    for bomb in (gzip.compress(tarred((member("a"), zeros))), zipped.getvalue()):
        with pytest.raises(RefusedError):
            read_archive(bomb)


def test_a_folder_with_a_pipe_or_a_foreign_link_is_refused(tmp_path: Path) -> None:
    """A folder is held to the same rules; a pipe in it is not opened."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RefusedError):
        read_source(tmp_path)
    (tmp_path / "pipe").unlink()
    (tmp_path / "l").symlink_to("/etc/passwd")
    with pytest.raises(RefusedError):
        read_source(tmp_path)


def test_there_must_be_a_source(tmp_path: Path) -> None:
    """A missing path, an empty folder and a file that is no archive are bad input."""
    (tmp_path / "x.txt").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "none", tmp_path / "x.txt", tmp_path / "empty"):
        with pytest.raises(InputError):
            read_source(path)


def test_a_link_in_the_way_of_a_replacement_is_refused() -> None:
    """Putting a file below an existing one is refused, also after the tree was made."""
    tree = make_tree([("a", Entry(b"1"))])
    with pytest.raises(RefusedError):
        tree.replaced({"a/b": Entry(b"2")})


@given(st.binary(max_size=2000) | st.builds(lambda b: b"PK\3\4" + b, st.binary(max_size=300)))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_an_archive_or_refused(data: bytes) -> None:
    """Whatever bytes come in, there is a tree or a FormatError or RefusedError."""
    with contextlib.suppress(FormatError, RefusedError):
        read_archive(data)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_archive_is_an_archive_or_refused(data: st.DataObject) -> None:
    """An archive with bytes changed raises nothing else either."""
    whole = bytearray(tarred((member("top/a.c"), b"int a;"), (member("top/b"), b"x" * 700)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FormatError, RefusedError):
        read_archive(bytes(whole))


def test_a_member_without_a_name_is_refused() -> None:
    """A zip's name that begins with NUL reads as no name at all."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("qabc", b"x")
    with pytest.raises((FormatError, RefusedError)):
        read_archive(out.getvalue().replace(b"qabc", b"\0abc"))


def test_sparse_files_count_at_their_full_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is within bounds and takes nothing in the archive; together they are a bomb."""
    for name in ("one", "two"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(1 << 20)
    packed = tmp_path / "sparse.tar"
    subprocess.run(["tar", "-cSf", packed, "-C", tmp_path, "one", "two"], check=True)
    assert packed.stat().st_size < 1 << 16
    assert len(read_archive(packed.read_bytes()).entries) == 2
    monkeypatch.setattr(sources, "MOST_BYTES", 3 << 19)
    with pytest.raises(RefusedError) as refused:
        read_archive(packed.read_bytes())
    assert refused.value.rule == "size"
