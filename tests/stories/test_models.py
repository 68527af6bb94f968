# SPDX-License-Identifier: Apache-2.0
"""Any model by its name: endpoints that somebody else started, Inspect's own names, and bad ones.

The real program against real endpoints on loopback. A key is planted in the environment and then
looked for everywhere: in what is printed, in every file of the home, in every decrypted transcript
and, because a model here prints its sandbox's whole environment, inside the sandbox.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from called import proofhouse
from proofhouse import models
from proofhouse.errors import ModelError
from proofhouse.evaluation.run import probe
from proofhouse.evaluation.types import Budgets, Job, ModelSpec
from stories.attended import PROGRAM, check_tidy, look, with_bank_of

KEY = "sk-planted-0b5e1c77d2"
NOSY = (
    "env; cat /proc/*/environ | tr '\\0' '\\n'; cat /proc/*/cmdline | tr '\\0' ' '; ls -laR ~ /tmp"
)


def review(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAM), "review", "--json", "--no-review", *arguments],
        env={**os.environ, "PROOFHOUSE_HOME": str(home), "PROOFHOUSE_MODEL_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )


def ended(home: Path, done: subprocess.CompletedProcess[str]) -> tuple[str, list[bytes]]:
    """The determination and every transcript; AssertionError if the key shows anywhere."""
    assert done.returncode == 0, done.stderr
    check_tidy(home)
    result = json.loads(done.stdout.splitlines()[-1])
    transcripts = [transcript for _, transcript in look(home, result["case"]).samples.values()]
    assert transcripts
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    printed = (done.stdout + done.stderr).encode()
    assert not any(KEY.encode() in text for text in (*files, *transcripts, printed))
    return str(result["determination"]), transcripts


@contextmanager
def reference_endpoint(folder: Path, strength: str) -> Iterator[tuple[str, str]]:
    """A reference agent's endpoint as anybody may start it: its address and its model's name."""
    (folder / "key").write_text(KEY)
    command = [sys.executable, "-I", "-m", "proofhouse_reference"]
    command += ["--strength", strength, "--key-file", str(folder / "key")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        yield about["baseUrl"], about["model"]
        process.stdin.close()


@contextmanager
def endpoint(script: Any) -> Iterator[str]:
    """An endpoint that answers by ``script(request)``: bytes as they are, else (status, JSON)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = (401, {}) if self.headers["Authorization"] != f"Bearer {KEY}" else None
            reply = reply or script(request)
            if reply is None:
                self._trickle()
                return
            status, value = (200, reply) if isinstance(reply, bytes) else reply
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _trickle(self) -> None:
            """A reply without an end, a byte at a time."""
            self.close_connection = True
            self.send_response(200)
            self.end_headers()
            while not over.wait(0.05):
                self.wfile.write(b" ")
                self.wfile.flush()

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    over = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def completion(text: str = "", *, usage: bool = True, **call: dict[str, str]) -> dict[str, Any]:
    """A chat completion that says ``text`` and calls each tool of ``call``."""
    calls = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(a)}}
        for n, (name, a) in enumerate(call.items())
    ]
    message = {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    counts = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    about = {"id": "x", "object": "chat.completion", "created": 0, "model": "model-x"}
    return {**about, "choices": [choice], **({"usage": counts} if usage else {})}


def nosy(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A model that looks around in its sandbox once an item, and solves nothing."""
    tools = {tool["function"]["name"] for tool in request.get("tools", ())}
    turns = sum(message["role"] == "assistant" for message in request["messages"])
    asked = str(request["messages"][-1])
    if "bash" in tools and turns == 0 and "Call the tool submit" not in asked:  # the preflight's
        return 200, completion(bash={"command": NOSY})
    return 200, completion("ready", **({"submit": {"answer": "no"}} if tools else {}))


@pytest.mark.soak
@pytest.mark.sandbox
@pytest.mark.timeout(900)
def test_an_endpoint_of_somebody_else(tmp_path: Path) -> None:
    """An OpenAI-compatible endpoint with a key is reviewed by name, address and key."""
    home = tmp_path / "home"
    with reference_endpoint(tmp_path, "weak") as (url, name):
        done = review(home, "--model", f"openai-api/lab/{name}", "--base-url", url)
    determination, _ = ended(home, done)
    assert determination in ("NOT_COVERED", "INCONCLUSIVE")


@pytest.mark.sandbox
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "families", [["memory-flaw"], pytest.param(["memory-flaw", "range"], marks=pytest.mark.soak)]
)
def test_a_model_that_looks_around_finds_no_key(tmp_path: Path, families: list[str]) -> None:
    """Nothing that a model can print of its sandbox, or of its host's, holds its endpoint's key."""
    home = with_bank_of(tmp_path / "home", *families)
    with endpoint(nosy) as url:
        done = review(home, "--model", "openai-api/lab/model-x", "--base-url", url)
    determination, transcripts = ended(home, done)
    assert determination in ("NOT_COVERED", "INCONCLUSIVE")
    assert all(b"PATH=/usr/local/bin" in transcript for transcript in transcripts)


@pytest.mark.soak
@pytest.mark.sandbox
@pytest.mark.timeout(900)
def test_a_name_of_inspect(tmp_path: Path) -> None:
    """A model that Inspect brings along and that solves nothing is not covered, and no crash."""
    home = with_bank_of(tmp_path / "home", "memory-flaw")
    determination, _ = ended(home, review(home, "--model", "mockllm/model"))
    assert determination in ("NOT_COVERED", "INCONCLUSIVE")


REFUSED: dict[str, tuple[Any, str]] = {
    "fails": ((500, {"error": {"message": "<script>"}}), "failed with status 500."),
    "is a web page": (b"<html><script>", "does not speak the protocol: "),
    "counts no tokens": (
        (200, completion("ready", usage=False)),
        "its reply holds no token counts (`usage`).",
    ),
    "refuses the key": ((401, {"error": {"message": "<script>"}}), "refused the key (status 401)."),
    "does not know the model": (
        (404, {"error": {"message": "<script>", "code": "model_not_found"}}),
        "does not know the model 'model-x'.",
    ),
    "calls no tool": ((200, completion("ready")), "did not call the tool it was asked to call."),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which every review is refused."""
    return tmp_path_factory.mktemp("models") / "home"


@pytest.mark.parametrize("name", REFUSED)
def test_an_endpoint_that(name: str, shared: Path) -> None:
    """One sentence names what the endpoint did, another what to do; exit 6; nothing half done."""
    reply, sentence = REFUSED[name]
    with endpoint(lambda _: reply) as url:
        words = ("review", "--json", "--model", "openai-api/lab/model-x", "--base-url", url)
        done = proofhouse(shared, *words, PROOFHOUSE_MODEL_KEY=KEY)
    assert done.returncode == 6, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("proofhouse: "))
    assert sentence in line
    assert line.endswith("Check the address, the key and the model's name, and try again.")
    assert "Traceback" not in done.stderr
    assert not any(word in done.stdout + done.stderr for word in (KEY, "<script>"))
    assert not (shared / "journey.json").exists()
    with sqlite3.connect(shared / "ledger.sqlite") as db:
        assert db.execute("SELECT max(size) FROM checkpoint").fetchone() == (1,), "its opening"


def test_an_endpoint_that_never_comes_to_an_end(tmp_path: Path) -> None:
    """A reply that goes on for ever is given up when its time is over."""
    with endpoint(lambda _: None) as url:
        job = Job(
            ModelSpec("openai-api/lab/model-x", base_url=url, key=KEY),
            tmp_path / "log",
            Budgets(call_seconds=2),
            limits=None,
        )
        began = time.monotonic()
        with pytest.raises(ModelError, match="did not answer in time"):
            asyncio.run(probe(job))
        assert time.monotonic() - began < 60


def test_a_reference_agents_process_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrase, PIN and keys of ours don't reach the process of the model under test."""
    for name in ("PROOFHOUSE_PASSPHRASE", "PROOFHOUSE_PIN", "PROOFHOUSE_MODEL_KEY"):
        monkeypatch.setenv(name, KEY)
    process = models._start("weak", "a key of its own")
    try:
        assert process.stdout is not None
        assert b"baseUrl" in process.stdout.readline()
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        assert KEY.encode() not in environment
        assert {part.split(b"=")[0] for part in environment.split(b"\0") if part} == {
            b"PATH",
            b"LC_ALL",
        }
    finally:
        process.kill()
        process.communicate()
