# SPDX-License-Identifier: Apache-2.0
"""The browser's own proofs are held to the same vectors as ours, in a real browser."""

from __future__ import annotations

import itertools
import json
import mimetypes
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from proofhouse.formats import checkpoint
from proofhouse.formats.policy import Policy
from proofhouse.formats.tiles import WIDTH, Tile, split_entries

from .browsing import ORIGIN, browser, visiting

looks = pytest.importorskip("proofhouse.portal.looks")

VECTORS = Path(__file__).parents[2] / "vectors"
MERKLE = sorted((VECTORS / "third_party" / "merkle").rglob("*.json"))
TESSERA = VECTORS / "third_party" / "tessera_log"
LOGS = sorted((VECTORS / "logs").glob("*.json"))

SEEN_TO_FAIL = {
    "duplicate-signature-line": "malformed",
    "forked": "inconsistent",
    "forked-and-grown": "inconsistent",
    "rolled-back": "rolledback",
    "strange-log-key": "unsigned",
}
"""Forged logs that a browser refuses, and for what; the other faults are an audit's to find."""


def _vectors(*kinds: str) -> list[dict[str, Any]]:
    return [
        {"name": f"{path.parent.name}/{path.stem}", **json.loads(path.read_text("utf-8"))}
        for kind in kinds
        for path in sorted((VECTORS / kind).glob("*.json"))
    ]


class Site:
    """The files of static/ and of a log, and one page with the panel."""

    def __init__(self) -> None:
        self.files: Mapping[str, bytes] = {}
        self.vkey = ""
        self.leaf: tuple[int, str] | None = None

    def answer(
        self, _method: str, path: str, _headers: Mapping[str, str], _body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        path = path.partition("?")[0].lstrip("/")
        if path == "blank":
            return 200, {"content-type": "text/html"}, b"<!doctype html><html lang=en></html>"
        if path == "page":
            headers = {"content-type": "text/html", "content-security-policy": self.policy}
            return 200, headers, self.page().encode()
        if path.startswith("static/"):
            file = looks.STATIC / path.removeprefix("static/")
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            return 200, {"content-type": kind}, file.read_bytes()
        data = self.files.get(path.removeprefix("log/tiles/"))
        return (404, {}, b"") if data is None else (200, {}, data)

    policy = looks.SECURITY_POLICY

    def page(self) -> str:
        """The panel for the log, or for a leaf beside its text."""
        start = (
            '{% import "components.html" as ui with context %}<!doctype html>'
            '<html lang="en"><meta charset="utf-8">'
            '<script type="module" src="/static/proofs.js"></script>'
        )
        panel = '{% include "public/proof.html" %}</html>'
        environment = looks.environment()
        if self.leaf is None:
            return str(environment.from_string(start + panel).render(vkey=self.vkey))
        index, shown = self.leaf
        source = start + "<pre data-leaf>{{ shown }}</pre>" + panel
        context = {"vkey": self.vkey, "row": {"index": index}, "shown": shown}
        return str(environment.from_string(source).render(context))


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.fixture(scope="module")
def page(site: Site) -> Iterator[Any]:
    with browser() as launched, visiting(launched, site.answer) as visited:
        yield visited


RUN = """async (vectors) => {
  const proofs = await import("/static/proofs.js");
  const bytes = (text) => new TextEncoder().encode(text);
  const decode = (text) => text ? proofs.fromBase64(text) : new Uint8Array();
  const unequal = (said, wanted) => {
    const [a, b] = [JSON.stringify(said), JSON.stringify(wanted)];
    return a === b ? "" : `${a} is not ${b}`;
  };
  const checks = {
    "note.verify": async ({ note, keys }) => {
      const parsed = proofs.parseNote(bytes(note));
      const signedBy = [];
      for (const key of keys) {
        if (await proofs.verifyNote(parsed, await proofs.parseKey(key))) signedBy.push(key);
      }
      if (!signedBy.length) throw new proofs.ProofError("unknown");
      return { text: parsed.text, signedBy };
    },
    "checkpoint.verify": async ({ checkpoint, log }) => {
      const note = proofs.parseNote(bytes(checkpoint));
      const head = proofs.parseCheckpoint(note.text);
      const key = await proofs.parseKey(log);
      if (!(await proofs.verifyNote(note, key))) throw new proofs.ProofError("unknown");
      if (head.origin !== key.name) throw new proofs.ProofError("unsigned");
      return { origin: head.origin, size: head.size, rootHex: proofs.hex(head.root) };
    },
    "entries.parse": async ({ hex, width }) => ({
      entriesHex: proofs.splitEntries(proofs.fromHex(hex), width).map(proofs.hex),
    }),
    "merkle": async (v) => {
      const proof = (v.proof ?? []).map(decode);
      if ("leafIdx" in v) {
        await proofs.verifyInclusion(
          decode(v.leafHash), v.leafIdx, v.treeSize, proof, decode(v.root));
      } else {
        await proofs.verifyConsistency(
          v.size1, v.size2, decode(v.root1), decode(v.root2), proof);
      }
    },
  };
  const found = [];
  for (const { name, check, input, expect, output } of vectors) {
    let said = "accept";
    let result;
    try {
      result = await checks[check](input);
    } catch (error) {
      said = error instanceof proofs.ProofError ? error.what : `${error}`;
    }
    found.push([name, said, expect, output === undefined ? "" : unequal(
      result && Object.fromEntries(Object.keys(output).map((k) => [k, result[k]])), output)]);
  }
  return found;
}"""

WORDS = {
    "accept": {"accept"},
    "malformed": {"malformed"},
    "fails": {"unsigned", "notincluded", "inconsistent"},
    "unknown-signer": {"unknown"},
}


def _outcomes(page: Any, site: Site, vectors: list[dict[str, Any]]) -> list[str]:
    """The vectors that came out otherwise than told."""
    site.leaf = None
    page.goto(f"{ORIGIN}/page")
    found = page.evaluate(RUN, vectors)
    assert len(found) == len(vectors)
    return [
        f"{name}: {said}, not {expect}; {differs}"
        for name, said, expect, differs in found
        if said not in WORDS[expect] or (said == "accept" and differs)
    ]


def test_notes_and_checkpoints_come_out_as_told(page: Any, site: Site) -> None:
    """Every vector of notes, checkpoints and bundles, but sizes that no number of a page holds."""
    vectors = _vectors("note", "checkpoint", "entries")
    here = [one for one in vectors if one["name"] != "checkpoint/accept-largest"]
    for one in here:
        one.get("output", {}).pop("extensions", None)
    assert _outcomes(page, site, here) == []
    assert len(here) > 40


def test_inclusion_and_consistency_come_out_as_told(page: Any, site: Site) -> None:
    """All 196 public vectors of Merkle proofs (transparency.dev)."""
    vectors = []
    for path in MERKLE:
        given = json.loads(path.read_text("utf-8"))
        expect = "fails" if given["wantErr"] else "accept"
        name = "/".join(path.parts[-3:])
        vectors.append({"name": name, "check": "merkle", "input": given, "expect": expect})
    assert _outcomes(page, site, vectors) == []


def test_tiles_are_asked_for_by_their_one_name(page: Any, site: Site) -> None:
    """The path of a tile is the one that the vectors and ``formats.tiles`` spell."""
    tiles = [Tile(0, 1_234_067, 8), Tile(None, 70_000, 3)]
    for level, width in itertools.product((0, 1, 63), (1, 255, WIDTH)):
        tiles += [Tile(level, index, width) for index in (0, 7, 999, 1_000)]
    asked = [["entries" if t.level is None else t.level, t.index, t.width] for t in tiles]
    page.goto(f"{ORIGIN}/page")
    said = page.evaluate(
        """async (asked) => {
          const { tilePath } = await import("/static/proofs.js");
          return asked.map((one) => tilePath(...one));
        }""",
        asked,
    )
    assert said == [tile.path for tile in tiles]


def test_a_public_log_is_proven_from_its_tiles(page: Any, site: Site) -> None:
    """Every entry and every older tree of a log made by others, at every size it had."""
    site.files = {
        str(path.relative_to(TESSERA)): path.read_bytes()
        for path in TESSERA.rglob("*")
        if path.is_file()
    }
    page.goto(f"{ORIGIN}/page")
    proven = page.evaluate(
        """async () => {
          const proofs = await import("/static/proofs.js");
          const get = async (path) =>
            new Uint8Array(await (await fetch(`/log/tiles/${path}`)).arrayBuffer());
          const heads = [];
          for (let size = 0; size <= 15; size += 1) {
            heads.push(proofs.parseCheckpoint(
              proofs.parseNote(await get(`checkpoint.${size}`)).text));
          }
          let proven = 0;
          for (const { size, root } of heads.slice(1)) {
            const read = proofs.tileReader(size, get);
            const bundle = await get(proofs.tilePath("entries", 0, size));
            const entries = proofs.splitEntries(bundle, size);
            for (let index = 0; index < size; index += 1) {
              const leaf = await proofs.leafHash(entries[index]);
              const proof = await proofs.inclusionProof(read, index, size);
              await proofs.verifyInclusion(leaf, index, size, proof, root);
              const old = heads[index + 1];
              const path = await proofs.consistencyProof(read, old.size, size);
              await proofs.verifyConsistency(old.size, size, old.root, root, path);
              proven += 2;
            }
          }
          return proven;
        }"""
    )
    assert proven == 15 * 16


def _visit(page: Any, site: Site, seen: str | None) -> tuple[str, list[str]]:
    """The panel's result, and the names of its steps."""
    page.goto(f"{ORIGIN}/blank")
    page.evaluate("localStorage.clear()")
    if seen:
        head, _ = checkpoint.parse(seen.encode())
        memory = {"vkey": site.vkey, "size": head.size, "root": head.root.hex()}
        page.evaluate(
            "([name, memory]) => localStorage.setItem(name, JSON.stringify(memory))",
            [f"proofhouse/log/v1/{head.origin}", memory],
        )
    page.goto(f"{ORIGIN}/page")
    page.wait_for_selector("#proof:is([data-state=held], [data-state=failed], [data-state=away])")
    said = page.eval_on_selector_all("[data-step]", "all => all.map((one) => one.dataset.step)")
    return page.get_attribute("#proof", "data-state"), said


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_forged_log_is_refused_where_a_browser_can_see_it(
    path: Path, page: Any, site: Site
) -> None:
    """A log that forked, shrank or is signed by another key fails; an honest one holds."""
    given = json.loads(path.read_text("utf-8"))["input"]
    site.files = {name: bytes.fromhex(data) for name, data in given["filesHex"].items()}
    site.vkey, site.leaf = str(Policy.parse(given["policy"].encode()).log), None
    state, steps = _visit(page, site, given["seen"])
    if path.stem in SEEN_TO_FAIL:
        assert (state, steps[-1]) == ("failed", SEEN_TO_FAIL[path.stem])
    elif path.stem == "vanished-tile":
        assert state == "away"
    elif path.stem == "turned-tile":
        assert (state, steps[-1]) == ("failed", "noroot")
    else:
        assert (state, steps[-1]) == ("held", "remembered")


def _log(name: str) -> tuple[Mapping[str, bytes], str, tuple[bytes, ...]]:
    given = json.loads((VECTORS / "logs" / f"{name}.json").read_text("utf-8"))["input"]
    files = {path: bytes.fromhex(data) for path, data in given["filesHex"].items()}
    head, _ = checkpoint.parse(files["checkpoint"])
    entries = split_entries(files[Tile(None, 0, head.size).path], head.size)
    return files, str(Policy.parse(given["policy"].encode()).log), entries


def test_a_leaf_is_the_one_that_the_page_shows(page: Any, site: Site) -> None:
    """A page that shows another text than the log holds is told of, and so is another leaf."""
    site.files, site.vkey, entries = _log("nothing-forged")
    site.leaf = (2, entries[2].decode())
    state, steps = _visit(page, site, None)
    assert (state, steps) == ("held", ["signed", "shown", "included", "newkey", "remembered"])
    assert re.search(r"= [0-9a-f]{64}", page.text_content("[data-hashes]"))
    site.leaf = (2, entries[2].decode().replace("sealed", "seal3d") + " ")
    state, steps = _visit(page, site, None)
    assert (state, steps[1]) == ("failed", "notshown")


def test_a_changed_leaf_does_not_lead_to_the_root(page: Any, site: Site) -> None:
    """Each leaf of a log with one changed leaf holds, but that one."""
    honest = _log("nothing-forged")[2]
    site.files, site.vkey, entries = _log("changed-leaf")
    found = []
    changed = [n for n, leaf in enumerate(entries) if leaf != honest[n]] if honest else []
    for index in {0, len(entries) - 1, *changed[:3]}:
        site.leaf = (index, entries[index].decode())
        state, steps = _visit(page, site, None)
        found.append((state, "notincluded" in steps))
    assert ("failed", True) in found


def test_the_next_visit_extends_the_first(page: Any, site: Site) -> None:
    """What was seen is remembered, and a key that changed is told of."""
    site.files, site.vkey, _ = _log("nothing-forged")
    site.leaf = None
    assert _visit(page, site, None)[1][-1] == "remembered"
    page.reload()
    page.wait_for_selector("#proof[data-state=held]")
    assert "as you saw it before" in page.text_content("[data-steps]")
    page.evaluate(
        """() => { for (const name of Object.keys(localStorage)) {
          const memory = JSON.parse(localStorage.getItem(name));
          localStorage.setItem(name, JSON.stringify({ ...memory, vkey: "another" })); } }"""
    )
    page.reload()
    page.wait_for_selector("#proof[data-state=failed]")
    assert "not the one that this browser remembers" in page.text_content("[data-steps]")


def test_a_browser_without_ed25519_says_so(page: Any, site: Site) -> None:
    """The hashes are checked all the same, nothing is called proven, nothing is remembered."""
    site.files, site.vkey, _ = _log("nothing-forged")
    site.leaf = None
    _visit(page, site, None)
    page.evaluate("localStorage.clear()")
    page.evaluate(
        """async () => {
          const { check } = await import("/static/proofs.js");
          crypto.subtle.importKey = async () => {
            throw new DOMException("no", "NotSupportedError"); };
          await check(document.getElementById("proof"));
        }"""
    )
    assert page.get_attribute("#proof", "data-state") == "partly"
    assert "can’t check Ed25519" in page.text_content("[data-steps]")
    assert page.evaluate("localStorage.length") == 0


def test_the_program_of_the_page_met_no_error(page: Any) -> None:
    """Nothing was thrown, and the policy of the pages barred nothing, in all of the above."""
    assert [error for error in page.errors if "404" not in error] == []
