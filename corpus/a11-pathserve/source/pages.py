# SPDX-License-Identifier: Apache-2.0
"""The pages below a folder, by the paths of requests. Nothing above the folder is served."""

import os
from urllib.parse import unquote

INDEX = "index.html"


class Refused(Exception):  # noqa: N818 - it is an answer, not an error
    """A request that is answered by a number alone."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Pages:
    """The pages below a root."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)

    def page(self, target: str) -> str:
        """The page of a target; a folder's is its index. Paths are percent-encoded UTF-8."""
        path = target.partition("?")[0]
        if ".." in path.split("/"):
            raise Refused(400)
        place = os.path.join(self.root, unquote(path.lstrip("/")))
        if "\0" in place:
            raise Refused(400)
        if os.path.isdir(place):
            place = os.path.join(place, INDEX)
        if not os.path.isfile(place):
            raise Refused(404)
        with open(place, encoding="utf-8") as file:
            return file.read()

    def listing(self, folder: str) -> list[str]:
        """The names in a folder, those of folders with a slash."""
        if ".." in folder.split("/"):
            raise Refused(400)
        place = os.path.join(self.root, unquote(folder.strip("/")))
        if "\0" in place:
            raise Refused(400)
        if not os.path.isdir(place):
            raise Refused(404)
        with os.scandir(place) as entries:
            return sorted(entry.name + "/" * entry.is_dir() for entry in entries)
