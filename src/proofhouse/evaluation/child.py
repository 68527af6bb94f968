# SPDX-License-Identifier: Apache-2.0
"""The child process: `python -I -m proofhouse.evaluation.child DESCRIPTOR PARENT`.

It is handed one end of a socket pair by number and reads its job from it; nothing secret is in its
arguments or its environment. It dies with its parent: the kernel kills it when the thread that
started it ends (PR_SET_PDEATHSIG), and the closing of the socket ends it as well. Its memory is
bounded: an endpoint that never stops talking fails a call, and does not fill the machine.

Inspect refuses two evals in one process, and costs two seconds to import: hence a process of its
own, and every import of Inspect below is inside a function.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import site
import socket
import sys
from typing import Final

from proofhouse import errors
from proofhouse.errors import ProofhouseError
from proofhouse.evaluation.messages import read_job
from proofhouse.evaluation.types import Job
from proofhouse.evaluation.wire import Head, pack, receive_now

_PR_SET_PDEATHSIG: Final = 1

MEMORY_BYTES: Final = 2 << 30
"""What the process may hold; replies and transcripts of many samples are some hundred MiB."""


def main(arguments: list[str]) -> int:
    """Do the one job that comes over the socket."""
    descriptor, parent = (int(argument) for argument in arguments)
    if prefix := os.environ.get("PROOFHOUSE_TASKS"):
        take_tasks_from(prefix)
    die_with_parent(parent)
    bound_memory()
    with socket.socket(fileno=descriptor) as connection:
        frame = receive_now(connection)
        if frame is None:
            return 0
        job, mode = read_job(frame.head)
        try:
            last = _probe(job) if mode == "probe" else _run(job, connection)
        except KeyboardInterrupt:
            return 0
        except ProofhouseError as error:
            last = _failure(_branch(error), error.message, error.hint)
        except Exception as error:
            sys.excepthook(*sys.exc_info())
            text = f"The evaluation process failed ({type(error).__name__})."
            last = _failure("LostError", text, "Its log directory holds child.log.")
        _say(connection, last)
        return 0


def take_tasks_from(prefix: str) -> None:
    """Let Inspect find packages with tasks of others below ``prefix``, laid out as an environment.

    It imports each such package that it finds, in each of its processes; in the environment of
    Proofhouse itself, every run would pay for that.
    """
    site.PREFIXES.append(prefix)
    for folder in site.getsitepackages([prefix]):
        sys.path.append(folder)


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process with its parent; ends it if the parent is gone by now."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def bound_memory() -> None:
    """Let this process hold ``MEMORY_BYTES``; the sandboxes that it starts have their own bound."""
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    bound = MEMORY_BYTES if most == resource.RLIM_INFINITY else min(MEMORY_BYTES, most)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, most))


def _probe(job: Job) -> Head:
    import asyncio

    from proofhouse.evaluation import endpoint, scaffold, source

    model = endpoint.open_model(job.model, job.budgets)
    kit = scaffold.tools(job.budgets, job.limits is not None)
    report = asyncio.run(endpoint.probe(model, job.model, job.budgets, kit))
    if job.reader is not None:
        reader = endpoint.open_model(job.reader, source.READER_BUDGETS)
        asyncio.run(endpoint.greet(reader, job.reader))
    return {"kind": "probed", "harness": source.harness(model, job), **report}


def _run(job: Job, connection: socket.socket) -> Head:
    from proofhouse.evaluation import endpoint, source, tiers

    if job.limits is not None:
        tiers.check(job.tier)
    model = endpoint.open_model(job.model, job.budgets)
    _say(connection, {"kind": "ready", "harness": source.harness(model, job)})
    # Inspect's event loop gets a copy: it closes what it was given when it ends.
    log = source.evaluate(job, model, connection.dup())
    return {"kind": "done", "status": log.status, "log": os.path.basename(log.location)}


def _branch(error: ProofhouseError) -> str:
    """The narrowest name for an error that the parent knows: the tree's own."""
    return next(kind.__name__ for kind in type(error).__mro__ if hasattr(errors, kind.__name__))


def _failure(name: str, message: str, hint: str) -> Head:
    return {"kind": "error", "error": name, "message": message, "hint": hint}


def _say(connection: socket.socket, head: Head) -> None:
    connection.setblocking(True)
    try:
        connection.sendall(pack(head))
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
