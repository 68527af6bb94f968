# SPDX-License-Identifier: Apache-2.0
"""Recorded responses are read as written or refused with the line that is wrong."""

from __future__ import annotations

import pytest

from proofhouse.errors import InputError
from proofhouse.statistics.responses import Response, Task, parse_responses, parse_tasks

TASKS = b"task_id,task_family,best_available_minutes\nt1,a,2.5\nt2,b,\n"
HEADER = b"task_id,task_family,alias,score_binarized,total_tokens\n"
KNOWN = (Task("t1", "a", 2.5), Task("t2", "b", None))


def test_files_are_read_as_written() -> None:
    """Tasks keep their minutes or the lack of them, responses their score and tokens."""
    assert parse_tasks(TASKS) == KNOWN
    assert parse_responses(HEADER + b't1,a,"model, one",1,12\nt2,b,m,0,0\n', KNOWN) == (
        Response("model, one", "t1", "a", True, 12),
        Response("m", "t2", "b", False, 0),
    )


def test_spreadsheets_spellings_are_read() -> None:
    """A byte order mark, carriage returns, another order and the published columns are fine."""
    text = (
        "\ufeffbest_available_minutes,completion_minutes,n_completions,estimate_minutes,"
        "n_estimates,firstblood_minutes,model_estimate_minutes,censored_lower_minutes,"
        "best_available_source,task_family,task_id\r\n"
        "2.5,,,,,,,,expert_estimate,a,t1\r\n"
    )
    assert parse_tasks(text.encode()) == (Task("t1", "a", 2.5),)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The tasks file is empty"),
        (b"\xef\xbb\xbf\r\n", "The tasks file is empty"),
        (b"task_family\n", "Line 1 .* lacks the column 'task_id'"),
        (TASKS + b"t1 ,a,3\n", "Line 4 of the tasks file has blanks around the task_id 't1 '"),
        (b"task_id,task_family\n", "lacks the column 'best_available_minutes'"),
        (b"task_id,task_family,best_available_minutes\n", "has no rows"),
        (b"task_id,task_family,best_available_minutes,note\n", "unknown column 'note'"),
        (b"task_id,task_family,best_available_minutes,task_id\n", "'task_id' twice"),
        (TASKS + b"t1,a,3\n", "Line 4 of the tasks file repeats the task 't1' of line 2"),
        (TASKS + b"t3,a,-3\n", "Line 4 of the tasks file has '-3' best_available_minutes"),
        (TASKS + b"t3,a,0\n", "Line 4 .* not a positive number"),
        (TASKS + b"t3,a,nan\n", "Line 4 .* not a positive number"),
        (TASKS + b"t3,a,inf\n", "Line 4 .* not a positive number"),
        (TASKS + b"t3,a,five\n", "Line 4 .* not a positive number"),
        (TASKS + b",a,5\n", "Line 4 of the tasks file has no readable task_id"),
        (TASKS + b"t3,a\x07,5\n", "Line 4 of the tasks file has no readable task_family"),
        (TASKS + b"t3,a\n", "Line 4 of the tasks file has 2 fields where the header has 3"),
        (TASKS + b'"t3,a,5\n', "Line 4 of the tasks file is not CSV"),
        (TASKS + b"t\xff,a,5\n", "not UTF-8 text, from byte 59"),
    ],
)
def test_wrong_tasks_are_refused_by_line(body: bytes, message: str) -> None:
    """Each fault of the tasks file is an input error that names its line."""
    with pytest.raises(InputError, match=message):
        parse_tasks(body)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"t9,a,m,1,5", "Line 3 .* answers the task 't9', which the tasks file lacks"),
        (b"t1,b,m,1,5", "Line 3 .* in the family 'b'; the tasks file says 'a'"),
        (b"t1,a,n,0,7", "Line 3 .* repeats the response of 'n' to 't1' of line 2"),
        (b"t2,b,m,2,5", "Line 3 .* has the score '2', not 0 or 1"),
        (b"t2,b,m,0.5,5", "Line 3 .* not 0 or 1"),
        (b"t2,b,m,,5", "Line 3 .* not 0 or 1"),
        (b"t2,b,m,1,-5", "Line 3 .* has '-5' total_tokens, not a count"),
        (b"t2,b,m,1,5.5", "Line 3 .* not a count"),
        (b"t2,b,m,1,nan", "Line 3 .* not a count"),
        (b"t2,b,m,1,inf", "Line 3 .* not a count"),
        (b"t2,b,m,1,1_000", "Line 3 .* not a count"),
        (b"t2,b, ,1,5", "Line 3 .* has no readable alias"),
        (b"t2,b,n ,1,5", "Line 3 .* has blanks around the alias 'n '"),
        (b"t2,b,m,1,5,6", "Line 3 .* has 6 fields where the header has 5"),
    ],
)
def test_wrong_responses_are_refused_by_line(row: bytes, message: str) -> None:
    """Each fault of the responses file is an input error that names its line."""
    with pytest.raises(InputError, match=message):
        parse_responses(HEADER + b"t1,a,n,1,5\n" + row + b"\n", KNOWN)


@pytest.mark.parametrize(
    ("row", "solved", "tokens"),
    [
        (b"t2,b,m,1.0,381.0", True, 381),
        (b"t2,b,m,0.0,", False, 0),
        (b'"t2","b","m","1","1e6"', True, 1_000_000),
        (b"t2,b,m,1,5\r\n\r\n", True, 5),
    ],
)
def test_tables_that_were_floats_are_read(row: bytes, solved: bool, tokens: int) -> None:
    """Scores and counts written as floats, absent tokens, quotes and empty lines are read."""
    (response,) = parse_responses(HEADER + row, KNOWN)
    assert (response.solved, response.tokens) == (solved, tokens)


def test_no_other_columns_in_responses() -> None:
    """The responses file has its five columns and no other."""
    with pytest.raises(InputError, match="unknown column 'epoch'"):
        parse_responses(HEADER.strip() + b",epoch\n", KNOWN)
