# SPDX-License-Identifier: Apache-2.0
"""Reading corpus and queries, and the command: errors name the line, nothing is dropped."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from proofhouse.cli.duplicates import command
from proofhouse.errors import FormatError, InputError
from proofhouse.validation.duplicates.records import read_queries, read_records

RECORD = {
    "id": "CVE-2031-1",
    "title": "Overflow in the heron parser",
    "description": "heron before 1.2.3 has an overflow in parse_beak.",
    "published": None,
    "affected": [{"vendor": "birds", "product": "heron", "versions": [{"lessThan": "1.2.3"}]}],
}
OTHER = {"id": "CVE-2031-2", "description": "plover lets anybody read nests."}
QUERY = {
    "query": "q1",
    "summary": "heron: overflow in parse_beak",
    "packages": [["PyPI", "heron"]],
    "fixed": ["1.2.3"],
    "aliases": ["CVE-2031-2"],
}


def write(path: Path, *lines: object) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(text + "\n" for text in texts), "utf-8")
    return path


def run(tmp_path: Path, queries: list[object], *options: str) -> Result:
    corpus = write(tmp_path / "corpus.jsonl", RECORD, OTHER)
    asked = write(tmp_path / "queries.jsonl", *queries)
    return CliRunner().invoke(
        command, ["match", "--corpus", str(corpus), "--queries", str(asked), *options]
    )


def test_members_are_read(tmp_path: Path) -> None:
    """A record's ranges become versions and bounds; null and missing members are empty."""
    (record,) = read_records(write(tmp_path / "c", RECORD))
    assert record.affected[0].bounds == ("1.2.3",)
    assert record.published == ""
    assert record.references == ()


def test_aliases_are_never_read(tmp_path: Path) -> None:
    """The answer that a query carries does not come into it."""
    (query,) = read_queries(write(tmp_path / "q", QUERY))
    assert "CVE-2031-2" not in repr(query)


def test_gzip_by_content_and_blank_lines(tmp_path: Path) -> None:
    """Gzip is known by its bytes, not its name; blank lines are no records."""
    path = tmp_path / "corpus.txt"
    path.write_bytes(gzip.compress(json.dumps(RECORD).encode() + b"\n\n \n"))
    assert [r.id for r in read_records(path)] == ["CVE-2031-1"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 2 is no JSON object"),
        ("[]", "line 2 is JSON, but no object"),
        ("{}", "line 2: “id” is missing"),
        ('{"id": " "}', "line 2: “id” is missing"),
        ('{"id": 7}', "line 2: “id” must be text"),
        ('{"id": "a", "references": "x"}', "line 2: “references” must be a list of texts"),
        ('{"id": "a", "references": [1]}', "line 2: “references” must be a list of texts"),
        ('{"id": "a", "affected": [1]}', "line 2: “affected” must be a list of objects"),
        ('{"id": "a", "affected": [{"versions": 1}]}', "line 2: “versions” must be"),
        ('{"id": "CVE-2031-1"}', "line 2: “CVE-2031-1” came before, in line 1"),
        ("[" * 100_000, "line 2 is no JSON object"),
        ('{"id": ' + "1" * 5_000 + "}", "line 2 is no JSON object"),
    ],
)
def test_faulty_record_names_its_line(tmp_path: Path, line: str, told: str) -> None:
    """A line that is no record stops the reading, with its number and what is wrong."""
    with pytest.raises(FormatError, match=told.replace("[", r"\[")):
        list(read_records(write(tmp_path / "c", RECORD, line)))


@pytest.mark.parametrize("packages", ["x", [["a"]], [["a", 1]], [1], {"a": "b"}])
def test_faulty_packages_are_refused(tmp_path: Path, packages: object) -> None:
    """Packages are pairs of ecosystem and name, and nothing else."""
    path = write(tmp_path / "q", QUERY | {"packages": packages})
    with pytest.raises(FormatError, match="line 1: “packages” must be"):
        list(read_queries(path))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, and half a gzip file, are refused as what they are."""
    path = tmp_path / "c"
    path.write_bytes(b'{"id": "\xff\xfe"}\n')
    with pytest.raises(FormatError, match="line 1"):
        list(read_records(path))
    path.write_bytes(gzip.compress(json.dumps(RECORD).encode() * 50)[:-9])
    with pytest.raises(FormatError, match="no whole gzip file"):
        list(read_records(path))


def test_lone_surrogates_are_replaced(tmp_path: Path) -> None:
    """Half a character can't be printed; it becomes a question mark."""
    (record,) = read_records(write(tmp_path / "c", '{"id": "a", "title": "x\\ud800y"}'))
    assert record.title == "x?y"


def test_a_heading_has_two_names(tmp_path: Path) -> None:
    """Records of one make and reports of another say the same by other names, on either side."""
    (record,) = read_records(write(tmp_path / "c", '{"id": "a", "summary": "x", "details": "y"}'))
    assert (record.title, record.description) == ("x", "y")
    asked = '{"query": "a", "title": "x", "description": "y"}'
    (query,) = read_queries(write(tmp_path / "q", asked))
    assert (query.summary, query.details) == ("x", "y")


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(InputError, match=r"no file .*nowhere"):
        list(read_records(tmp_path / "nowhere"))


def test_command_answers_in_order(tmp_path: Path) -> None:
    """`--json` prints one object a query, in the queries' order, with exactly the four members."""
    asked = [QUERY, QUERY | {"query": "q0"}, {"query": "q2", "summary": "quagga"}]
    done = run(tmp_path, asked, "--json")
    assert done.exit_code == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["query"] for row in rows] == ["q1", "q0", "q2"]
    assert all(set(row) == {"query", "match", "confidence", "why"} for row in rows)
    assert rows[0]["match"] != "CVE-2031-2"
    assert rows[2]["match"] is None


def test_command_for_people(tmp_path: Path) -> None:
    """Without `--json` a query is two lines, free of the control characters in its name."""
    done = run(tmp_path, [QUERY | {"query": "q\x1b[2J"}], "--at-least", "0")
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert "CVE-2031-1" in done.stdout


def test_command_keeps_what_came_before_a_fault(tmp_path: Path) -> None:
    """A faulty line ends the command with an error; the answers before it were given."""
    done = run(tmp_path, [QUERY, "{"], "--json")
    assert isinstance(done.exception, FormatError)
    assert "line 2" in str(done.exception)
    assert json.loads(done.stdout.splitlines()[0])["query"] == "q1"


def test_no_query_is_no_answer(tmp_path: Path) -> None:
    """An empty file of queries has no answers, and that is no error."""
    done = run(tmp_path, [], "--json")
    assert (done.exit_code, done.stdout) == (0, "")
