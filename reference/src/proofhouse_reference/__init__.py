# SPDX-License-Identifier: Apache-2.0
"""Reference agents of graded strength behind an OpenAI-compatible endpoint on loopback.

An agent here is a program that really works on an item: it reads the task, reads the files with the
shell tool it is offered, builds a fuzzer beside the program, runs it within a stated number of
executions, shows the crash to the real program and writes the answer. Strengths differ in tools and
in executions, in nothing else. They give a bank's levels a scale that nobody's opinion is part of,
and an evaluation a subject whose strength is known.

    agent.py      conversation → next message, a pure function
    kinds/        the kinds of work: what a task looks like, the steps of the work
    strengths.py  the table of strengths
    task.py       task prompt → workdir, build line, answer path
    reading.py    the shell command that shows the files, and what it printed → files
    source.py     C text → entry function, constants
    fuzzer.py     task, files and strength → the fuzzer's C text; ``fuzz/`` holds its parts
    chat.py       OpenAI chat-completion JSON ⇄ values
    server.py     HTTP/1.1 on loopback
    lifetime.py   ends with its parent

This package imports the standard library only, and nothing of ``proofhouse``: the agents see what a
model under test sees.
"""
