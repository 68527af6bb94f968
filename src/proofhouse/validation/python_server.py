# SPDX-License-Identifier: Apache-2.0
"""Runs inside the sandbox: an interpreter that has started once, and forks for each script.

    python3 python_server.py SOCKET        binds it, and goes on in the background

``python_client.c`` stands for ``python3`` on the path, also inside a shell line, and sends what a
script is run with: ``u32 bytes, u32 arguments, u32 variables`` with the three streams beside it,
then folder, arguments and variables, each ended by NUL. The answer is the wait status. Nothing but
instrumented runs uses this; what they find is confirmed by the interpreter itself.
"""

from __future__ import annotations

import array
import atexit
import builtins
import contextlib
import gc
import os
import resource
import runpy
import select
import signal
import socket
import struct
import sys
import threading
import types

_USUAL = (
    *("argparse", "ast", "base64", "collections", "contextlib", "csv", "dataclasses", "datetime"),
    *("enum", "functools", "hashlib", "io", "itertools", "json", "operator", "pathlib", "re"),
    *("shlex", "string", "subprocess", "textwrap", "typing", "urllib.parse"),
)
_EXECUTABLE = "/work/tools/python3"


def _received(peer: socket.socket) -> tuple[str, list[str], dict[str, str], list[int]]:
    """Folder, arguments, variables and the three streams of one request."""
    streams = array.array("i")
    head, beside, _, _ = peer.recvmsg(12, socket.CMSG_SPACE(3 * streams.itemsize))
    for _, _, data in beside:
        streams.frombytes(data)
    size, arguments, variables = struct.unpack("<3I", head)
    body = b""
    while len(body) < size:
        more = peer.recv(size - len(body))
        if not more:
            raise EOFError
        body += more
    folder, *words = (os.fsdecode(word) for word in body.split(b"\0")[:-1])
    pairs = (word.partition("=") for word in words[arguments : arguments + variables])
    return folder, words[:arguments], {name: value for name, _, value in pairs}, list(streams)


def _become(folder: str, env: dict[str, str], streams: list[int]) -> None:
    """Take on what a fresh interpreter would have been started with."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.executable = _EXECUTABLE
    if env.get("PROOFHOUSE_FENCE"):
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    hook = sys.modules.get("sitecustomize")
    if hook is not None and env.get("PROOFHOUSE_NONCE"):
        hook._install(env["PROOFHOUSE_NONCE"])
    if hook is not None and env.get("PROOFHOUSE_COVER"):
        hook._cover(env["PROOFHOUSE_COVER"])


def _plain(path: str, data: bytes) -> types.CodeType:
    code: types.CodeType = compile(data, path, "exec", dont_inherit=True)
    return code


def _script(arguments: list[str]) -> None:
    if arguments[0] == "-m":
        sys.argv = ["-m", *arguments[2:]]
        sys.path[0] = os.getcwd()
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return
    path = os.path.abspath(arguments[0])
    sys.argv = arguments
    sys.path[0] = os.path.dirname(path)
    main = types.ModuleType("__main__")
    vars(main).update(__file__=path, __builtins__=builtins)
    sys.modules["__main__"] = main
    with open(path, "rb") as file:
        data = file.read()
    hook = sys.modules.get("sitecustomize")
    compiled = hook._compiled if hook and os.environ.get("PROOFHOUSE_COVER") else _plain
    code = compiled(path, data)
    exec(code, vars(main))  # noqa: S102 - this is what an interpreter is for; inside the sandbox


def _ended(arguments: list[str]) -> int:
    """The exit status of a script that is run to its end."""
    code = 0
    try:
        _script(arguments)
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            code = (error.code or 0) & 255
        else:
            print(error.code, file=sys.stderr)
            code = 1
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120
    return code


def _started(peer: socket.socket) -> int:
    """The process of one request's script."""
    folder, arguments, env, streams = _received(peer)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        peer.close()
        _become(folder, env, streams)
        if arguments[0] != "-m" and not os.path.isfile(arguments[0]):
            os.execv("/usr/bin/python3", ["python3", *arguments])  # noqa: S606 - as it was asked
        os._exit(_ended(arguments))
    for stream in streams:
        os.close(stream)
    return child


def _reap(waiting: dict[int, socket.socket]) -> None:
    """Tell whoever waits for a script that has ended how it did."""
    while waiting:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        peer = waiting.pop(child)
        with contextlib.suppress(OSError):
            peer.sendall(struct.pack("<i", status))
        peer.close()


def _forever(listener: socket.socket) -> None:
    """Scripts beside each other; none outlives whoever asked for it."""
    ended, wake = os.pipe()
    os.set_blocking(ended, False)
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    waiting: dict[int, socket.socket] = {}
    while True:
        watched = {peer.fileno(): child for child, peer in waiting.items()}
        ready, _, _ = select.select([listener.fileno(), ended, *watched], [], [])
        if ended in ready:
            os.read(ended, 4096)
            _reap(waiting)
        for gone in set(ready) & set(watched):
            if watched[gone] in waiting:
                os.kill(watched[gone], signal.SIGKILL)
        if listener.fileno() in ready:
            peer, _ = listener.accept()
            try:
                waiting[_started(peer)] = peer
            except (OSError, EOFError, ValueError, struct.error):
                peer.close()


def main(place: str) -> None:
    """Serve until the sandbox ends."""
    for name in _USUAL:
        __import__(name)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(place)
    listener.listen(64)
    if os.fork():
        return
    os.setsid()
    nothing = os.open("/dev/null", os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    hook = sys.modules.get("sitecustomize")
    if hook is not None:
        hook._prepare(os.getcwd())
    gc.freeze()  # what is shared with the children is not written to by their collector
    _forever(listener)


if __name__ == "__main__":
    main(sys.argv[1])
