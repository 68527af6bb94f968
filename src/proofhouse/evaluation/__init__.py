# SPDX-License-Identifier: Apache-2.0
"""Put the items of a frozen plan to a model under test and hand back what became of each.

The only room that imports Inspect (`inspect_ai`), and only in a child process:

    parent (a desk verb)                         child (`python -m proofhouse.evaluation.child`)
      knows seed, plan, oracles, threshold         knows prompts, files, the endpoint and its key
      run.run(job, next_batch, grade, …)  ⇄ wire   source ─ scaffold ─ provider ─ endpoint

    types      the values both sides speak of, frozen
    wire       frames over one inherited socket
    run        the parent's side: `run` and `probe`
    scan       first-pass rules over a finished sample's tool calls (R15), with its rules in
               scan_rules and what a text spells out in scan_text
    child      the entry point of the child; the modules below are imported by it alone
    endpoint   the model, and one plain sentence for every way in which it can fail
    scaffold   the agent loop: tools, budgets
    source     Inspect's SampleSource and scorer over the wire
    provider   our sandbox as an Inspect sandbox provider

and, in the process of the command that asks for it: logs, which reads recorded Inspect logs.

This module imports nothing, so that a desk can import the room for a few milliseconds; Inspect
costs two seconds. See docs/decisions/0003-evaluation-child.md.
"""
