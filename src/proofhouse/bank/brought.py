# SPDX-License-Identifier: Apache-2.0
"""Families that somebody brings: tasks of others, or questions, by a level table.

    pack = task_pack(b"family: arithmetic…", "table.yaml", salt)
    pack = question_pack(b"family: chem…\\ntask: questions/wmdp…", "table.yaml", bank, salt)
    family = sealed_code.load(pack.to_bytes(), digest)

A table whose task is ``questions/LAYOUT`` puts questions: its samples are their names, and the
bank's file holds them. Every other table names a task that Inspect knows. Either becomes a pack as
a sealed generator does, with its texts in it: committed to by digest, kept in the vault, opened
with the bank, and then the same for everybody who makes its items again.

A brought family has so many items and no more. Its items lie in an order that is drawn for each
submission and level; so none comes twice, and an index past the last is refused.

Spec: spec/level-table.md, spec/questions.md.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from proofhouse.bank import tables
from proofhouse.bank.families import Family
from proofhouse.bank.item import Item
from proofhouse.bank.questions import LAYOUTS, PER_ITEM, Question, item_of_questions
from proofhouse.bank.sealed_code import MAIN, Pack
from proofhouse.bank.stream import Stream
from proofhouse.bank.tables import LevelTable
from proofhouse.errors import InputError

QUESTIONS = "questions/"
"""Begins the task of a table that puts questions; the name of their layout ends it."""

OF_A_TASK = (
    "a task of others, sealed with the bank; it has tools and a sandbox of its own, and its own "
    "scorer judges it"
)
OF_QUESTIONS = "three questions of a bank that is sealed with this one"
"""What is told of a brought family in public: never which task or bank it is."""

_MAIN = """\
# SPDX-License-Identifier: Apache-2.0
from proofhouse.bank.brought import family_of

from . import content

FAMILY = family_of(content.TABLE, content.TABLE_NAME, content.QUESTIONS)
NAME, LEVELS, derive = FAMILY.name, FAMILY.levels, FAMILY.derive
"""


def is_of_questions(table: LevelTable) -> bool:
    """Whether ``table`` puts questions of a bank, and no task of Inspect's."""
    return table.task.startswith(QUESTIONS)


def pack(table: bytes, name: str, questions: bytes | None, salt: bytes) -> Pack:
    """The pack of the family that the level table ``table`` (of file ``name``) describes.

    ``questions`` is the bank's file, for a table that puts questions. Raises InputError for what
    makes no family: a malformed table or bank, a sample that the bank lacks, too few questions.
    """
    text = _text(table, "level table")
    asked = "" if questions is None else _text(questions, "question bank")
    family = family_of(text, name, asked)
    content = "\n".join(
        f"{key} = (\n{textwrap.indent(_literal(value), '    ')}\n)"
        for key, value in (("TABLE_NAME", name), ("TABLE", text), ("QUESTIONS", asked))
    )
    return Pack(family.name, {MAIN: _MAIN, "content.py": f"{content}\n"}, salt)


def family_of(table: str, name: str, questions: str) -> Family:
    """The family of a table and, where it puts questions, its bank's file; else ''.

    Raises InputError as ``pack``.
    """
    read = tables.parse(table.encode(), name)
    difficulties = tuple(level.difficulty for level in read.levels)
    levels = tuple(range(1, len(read.levels) + 1))
    if not is_of_questions(read):
        if questions:
            raise InputError(
                f"The level table of {read.family} names a task of Inspect's, and takes no bank of "
                "questions."
            )
        return Family(
            read.family,
            levels,
            lambda key, level, index: _task_item(read, key, level, index),
            sizes=_sizes(read, 1),
            difficulties=difficulties,
            about=OF_A_TASK,
        )
    pools = _pools(read, questions)
    return Family(
        read.family,
        levels,
        lambda key, level, index: _question_item(read, pools, key, level, index),
        sizes=_sizes(read, PER_ITEM),
        difficulties=difficulties,
        about=OF_QUESTIONS,
    )


def _task_item(table: LevelTable, key: bytes, level: int, index: int) -> Item:
    return tables.item(table, Stream(key, f"{table.family}/order"), level, index)


def _question_item(
    table: LevelTable,
    pools: Mapping[int, Sequence[Question]],
    key: bytes,
    level: int,
    index: int,
) -> Item:
    pool = pools.get(level, ())
    if not 0 <= index < len(pool) // PER_ITEM:
        raise InputError(
            f"Level {level} of {table.family} has {len(pool) // PER_ITEM} items, none of number "
            f"{index}."
        )
    order = Stream(key, f"{table.family}/order").shuffled(pool)
    asked = order[index * PER_ITEM : (index + 1) * PER_ITEM]
    return item_of_questions(
        table.family, level, index, asked, Stream(key, f"{table.family}/{level}/{index}")
    )


def _pools(table: LevelTable, questions: str) -> Mapping[int, Sequence[Question]]:
    layout = table.task.removeprefix(QUESTIONS)
    if layout not in LAYOUTS:
        raise InputError(
            f"There is no layout of questions {layout!r}.", hint=f"Known: {', '.join(LAYOUTS)}."
        )
    if not questions:
        raise InputError(
            f"The level table of {table.family} puts questions, and none were given.",
            hint="Name the bank's file: --questions FILE",
        )
    known = {question.id: question for question in LAYOUTS[layout](questions.encode())}
    pools: dict[int, Sequence[Question]] = {}
    for at, level in enumerate(table.levels, 1):
        lacking = next((name for name in level.samples if name not in known), None)
        if lacking is not None:
            raise InputError(f"The level table lists the question {lacking!r}, which is not there.")
        if len(level.samples) < PER_ITEM:
            raise InputError(
                f"Level {at} of {table.family} has {len(level.samples)} questions; an item asks "
                f"{PER_ITEM}."
            )
        pools[at] = tuple(known[name] for name in level.samples)
    return MappingProxyType(pools)


def _sizes(table: LevelTable, each: int) -> Mapping[int, int]:
    return MappingProxyType(
        {at: len(level.samples) // each for at, level in enumerate(table.levels, 1)}
    )


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"A {what} is UTF-8 text, and this is not.") from None


def _literal(text: str) -> str:
    """``text`` as string literals of Python, one a line of the text."""
    return "\n".join(ascii(line) for line in text.splitlines(keepends=True)) or "''"
