# SPDX-License-Identifier: Apache-2.0
"""References as keys: two addresses of one thing get one key.

    https://github.com/O/R/commit/ECD7E2D0E986…     →  commit:ecd7e2d0e986
    https://github.com/o/r/pull/7/files             →  item:github.com/o/r#7
    https://go.dev/issue/123, …/golang/go/issues/123 → item:github.com/golang/go#123
    https://go.dev/cl/55, go-review…/c/net/+/55     →  change:55
    https://github.com/o/r/releases/tag/v1.2.3      →  tag:github.com/o/r@1.2.3
    anything else                                   →  page:host/path?query

A key's kind says how much sharing it means: a commit or an item (issue, pull request) is about one
change, a page may be a bulletin of a hundred flaws. How much it means is measured by how many
records of the corpus have it, not assumed here.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from proofhouse.validation.duplicates.text import plain_version

MAX_URL = 2_000
"""Characters of an address that are read."""

_HASH = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{40}(?![0-9a-zA-Z])")
_PSEUDO = re.compile(r"-(?:\d+\.)?\d{14}-([0-9a-f]{12})(?![0-9a-f])")
_URL = re.compile(r"https?://[^\s<>\"'`\])}|]{4,2000}")
_FORGES = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitea.com")


def key_of(url: str) -> str | None:
    """The key of one address; None if it is none that names something."""
    try:
        split = urlsplit(url.strip()[:MAX_URL])
        host = (split.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    path = split.path.rstrip("/.,;:").removesuffix(".git")
    if not host or not path:
        return None
    steps = [step for step in path.split("/") if step and step != "-"]
    found = _HASH.search(path.lower()) or _HASH.search(split.query.lower())
    if (found and {"commit", "commits", "c", "cgit", "patch"} & {s.lower() for s in steps}) or (
        found and "id=" in split.query
    ):
        return f"commit:{found.group()[:12]}"
    return _of_forge(host, steps) or _page(host, path, split.query)


def _of_forge(host: str, steps: list[str]) -> str | None:
    low = [step.lower() for step in steps]
    if host == "go.dev" and len(low) == 2 and low[1].isdigit():
        return f"change:{low[1]}" if low[0] == "cl" else f"item:github.com/golang/go#{low[1]}"
    if host.endswith("googlesource.com") and "c" in low and low[-1].isdigit():
        return f"change:{low[-1]}"
    for at, step in enumerate(low):
        if at < 2 or at + 1 >= len(low):
            continue
        where = host + "/" + "/".join(low[:at])
        if (
            step in {"issues", "pull", "pulls", "merge_requests", "work_items"}
            and low[at + 1].isdigit()
        ):
            return f"item:{where}#{low[at + 1]}"
        if step in {"commit", "commits"} and re.fullmatch(
            r"[0-9a-f]{7,40}(?:\.patch)?", low[at + 1]
        ):
            return f"commit:{low[at + 1][:12]}"
        if (
            step in {"releases", "tags"}
            and _is_forge(host)
            and low[-1] not in {"releases", "tag", "tags"}
        ):
            return f"tag:{where}@{plain_version(low[-1])}"
    return None


def _is_forge(host: str) -> bool:
    return host in _FORGES or host.startswith(("gitlab.", "git.", "gitea."))


def _page(host: str, path: str, query: str) -> str | None:
    lower = path.lower()
    if host in _FORGES and len([s for s in lower.split("/") if s]) <= 2:
        return None  # the front page of a repository names the product, not the flaw
    if lower.endswith("/security/advisories"):
        return None
    return f"page:{host}{lower}" + (f"?{query.lower()}" if query else "")


def keys_in(references: tuple[str, ...], text: str, fixed: tuple[str, ...] = ()) -> frozenset[str]:
    """Keys of the references, of addresses and commit hashes in a text, and of pseudo-versions."""
    found = {key_of(reference) for reference in references}
    found.update(key_of(url) for url in _URL.findall(text))
    found.update(f"commit:{commit[:12]}" for commit in _HASH.findall(text.lower()))
    for version in fixed:
        found.update(f"commit:{commit}" for commit in _PSEUDO.findall(version.lower()))
    return frozenset(key for key in found if key)


def repository_of(url: str) -> str | None:
    """``owner/name`` of an address on a forge, or of a Go module path; lower case."""
    bare = url.strip()[:MAX_URL].lower()
    bare = bare.split("://", 1)[-1].removeprefix("www.")
    steps = [step for step in bare.split("/") if step]
    if len(steps) < 3 or steps[0] not in _FORGES:
        return None
    owner, name = steps[1], steps[2].removesuffix(".git")
    if owner in {"advisories", "security", "orgs", "search"}:
        return None
    return f"{owner}/{name}"
