# SPDX-License-Identifier: Apache-2.0
"""unpack.py ARCHIVE FOLDER: unpack an archive into a folder, and print what was unpacked."""

import os
import sys

import archive


def place(folder: str, name: str) -> str:
    """Where an entry of this name goes."""
    return os.path.join(folder, name)


def unpack(path: str, folder: str) -> None:
    """Write an archive's entries; a file that is there already is replaced."""
    with open(path, "rb") as stream:
        for entry in archive.entries(stream):
            write(entry, folder)
            print(entry.kind, entry.name)


def write(entry: archive.Entry, folder: str) -> None:
    """Write one entry, and the folders above it."""
    path = place(folder, entry.name)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if entry.kind == "dir":
            os.makedirs(path, exist_ok=True)
        elif entry.kind == "link":
            os.symlink(entry.target, path)
        else:
            with open(path, "wb") as out:
                out.write(entry.data)
    except OSError as problem:
        raise archive.ArchiveError(f"{entry.name}: {problem.strerror}") from None


def main(arguments: list[str]) -> int:
    """Run the command; the status is 0, or 2 for an archive that cannot be unpacked."""
    if len(arguments) != 2:
        print("usage: unpack.py ARCHIVE FOLDER", file=sys.stderr)
        return 2
    try:
        unpack(arguments[0], arguments[1])
    except (OSError, archive.ArchiveError) as problem:
        print(f"unpack: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
