# SPDX-License-Identifier: Apache-2.0
"""Level tables: what is read, what is refused and why, and that the page says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofhouse.bank.tables import parse
from proofhouse.errors import InputError
from proofhouse.formats.canonical import dumps
from proofhouse.formats.digest import sha256_hex

PAGE = (Path(__file__).parents[2] / "spec" / "level-table.md").read_text("utf-8")
YAML, CSV, VALUE = re.findall(r"```\w+ (?:table|value)\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_s_yaml_is_read_and_digested_as_it_says():
    table = parse(YAML.encode(), "a.yaml")
    assert dumps(table.to_value()) == VALUE.strip().encode()
    assert table.digest == sha256_hex(VALUE.strip().encode())
    assert [level.samples for level in table.levels] == [("gsm-1", "gsm-7"), ("gsm-3",)]


def test_the_page_s_csv_is_the_same_table():
    """But for the arguments, which a CSV file can't give."""
    assert parse(CSV.encode(), "a.csv").levels == parse(YAML.encode(), "a.yml").levels
    bare = YAML.replace("arguments: {fewshot: 0}\n", "")
    assert parse(CSV.encode(), "a.csv").digest == parse(bare.encode(), "a.yaml").digest


CHANGES = {
    "a field that is none": ("solved: 1.0", "solver: x", "doesn't know: solver"),
    "no scale": ("scale: Rasch, logits\n", "", "lacks the fields: scale"),
    "an empty source": (re.search(r"source: .*", YAML)[0], 'source: " "', "1 to 1,000 characters"),
    "a family with spaces": ("family: arithmetic", "family: A B", "lower-case words"),
    "a path as its task": ("inspect_evals/gsm8k", "../../x/y.py", "package/task"),
    "nothing counts as solved": ("solved: 1.0", "solved: 0", "solved is above 0"),
    "a gap": ("level: 2", "level: 3", "without a gap"),
    "a level twice": ("level: 2", "level: 1", "without a gap"),
    "an easier level": ("difficulty: 0.3", "difficulty: -3", "easier than level 1"),
    "a difficulty that is none": ("difficulty: 0.3", "difficulty: hard", "is no number"),
    "a far difficulty": ("difficulty: 0.3", "difficulty: 21", "not from -20 to 20"),
    "not a number": ("difficulty: 0.3", "difficulty: .nan", "is no number"),
    "no doubt": ("standardError: 0.5", "standardError: 0", "Nothing is exact"),
    "a sample twice": ("[gsm-3]", "[gsm-3, gsm-1]", "twice"),
    "no samples": ("[gsm-3]", "[]", "lists no samples"),
    "no levels": (YAML[YAML.index("levels:") :], "levels: []", "has none"),
    "arguments that are deep": ("{fewshot: 0}", "{fewshot: [1]}", "texts, whole numbers"),
    "no YAML": ("levels:", "levels: [", "no YAML"),
    "a tag that makes objects": ("{fewshot: 0}", "!!python/object/apply:os.system [x]", "no YAML"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_malformed_table_is_refused_with_its_reason(name: str):
    old, new, reason = CHANGES[name]
    assert old in YAML
    with pytest.raises(InputError) as caught:
        parse(YAML.replace(old, new).encode(), "a.yaml")
    assert reason in f"{caught.value} {caught.value.hint}"


ROWS = {
    "another task": ("gsm8k,", "gsm,", 2, "Line 3 has another task"),
    "another difficulty": (",-2.1,", ",-2.2,", 2, "Line 3 gives level 1 another difficulty"),
    "a level that is none": (",1,-2.1", ",one,-2.1", 1, "no whole number"),
    "a short row": (",0.4", "", 2, "Line 3 has 8 cells"),
    "a column twice": ("family,task", "family,family", 0, "each once"),
    "an unknown column": ("solved,", "weight,", 0, "doesn't know: weight"),
    "a missing column": (",standardError", "", 0, "lacks the columns: standardError"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_malformed_row_is_refused_with_its_line(name: str):
    old, new, at, reason = ROWS[name]
    lines = CSV.splitlines()
    assert old in lines[at]
    lines[at] = lines[at].replace(old, new)
    with pytest.raises(InputError) as caught:
        parse("\n".join(lines).encode(), "a.csv")
    assert reason in str(caught.value)


@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.yaml"]))
def test_bytes_are_a_table_or_refused(data: bytes, name: str):
    """Nothing but InputError comes of bytes that are no table."""
    with pytest.raises(InputError):
        parse(data, name)


def test_a_file_of_another_kind_is_refused():
    with pytest.raises(InputError, match=r"no level table by its name"):
        parse(YAML.encode(), "table.json")
