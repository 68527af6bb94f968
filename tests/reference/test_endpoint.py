# SPDX-License-Identifier: Apache-2.0
"""The endpoint over HTTP: what it serves, what it refuses, and in which shape."""

from __future__ import annotations

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from proofhouse_reference import agent
from proofhouse_reference.server import MOST_BODY_BYTES, Endpoint
from proofhouse_reference.strengths import STRENGTHS

TASK = "gcc -fsanitize=address -o demo part.c; write your input to /home/task/answer"
USER = [{"role": "user", "content": TASK}]
BASH = {
    "type": "function",
    "function": {
        "name": "bash",
        "parameters": {"type": "object", "properties": {"command": {"type": "string"}}},
    },
}


@pytest.fixture
def client(client_of):
    return client_of("weak")


def raw(client, data: bytes) -> bytes:
    """What the endpoint answers to bytes that no HTTP library would send."""
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def refused(answer, status, code):
    """The answer is this error, in OpenAI's shape and without a traceback."""
    assert answer.status == status
    error = answer.body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == code
    assert "Traceback" not in json.dumps(answer.body)


def test_models_lists_the_one_model(client):
    """GET /v1/models names the strength's model."""
    answer = client.send("GET", "/v1/models")
    assert answer.status == 200
    assert [model["id"] for model in answer.body["data"]] == [client.model]


def test_a_completion_has_the_shape_of_the_api(client):
    """A tool call: finish reason, id, function with JSON arguments, usage."""
    answer = client.complete(messages=USER, tools=[BASH], temperature=0.7, seed=3)
    assert answer.status == 200
    assert answer.body["object"] == "chat.completion"
    (choice,) = answer.body["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    (call,) = choice["message"]["tool_calls"]
    assert call["type"] == "function"
    assert call["function"]["name"] == "bash"
    assert "command" in json.loads(call["function"]["arguments"])
    assert answer.body["usage"]["completion_tokens"] > 0


def test_text_ends_with_stop(client):
    """Without tools the answer is text; tool_choice "none" takes the tools away."""
    for fields in ({}, {"tools": [BASH], "tool_choice": "none"}):
        (choice,) = client.complete(messages=USER, **fields).body["choices"]
        assert choice["finish_reason"] == "stop"
        assert "tool_calls" not in choice["message"]
        assert choice["message"]["content"].startswith("I found nothing")


def test_content_may_come_in_parts(client):
    """A list of text parts is the same prompt as their text."""
    parts = [{"type": "text", "text": TASK}, {"type": "image_url", "image_url": {"url": "x"}}]
    plain = client.complete(messages=USER, tools=[BASH]).body["choices"]
    split = client.complete(messages=[{"role": "user", "content": parts}], tools=[BASH]).body
    assert split["choices"] == plain


def test_a_limit_on_tokens_cuts_the_answer(client):
    """An answer above the limit is cut, its calls left out, and says so by its reason."""
    body = client.complete(messages=USER, tools=[BASH], max_tokens=5).body
    assert body["choices"][0]["finish_reason"] == "length"
    assert "tool_calls" not in body["choices"][0]["message"]
    assert body["usage"]["completion_tokens"] == 5
    text = client.complete(messages=USER, max_completion_tokens=2).body["choices"][0]
    assert text["message"]["content"] == "I found "


def events(client, **fields):
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=20)
    body = json.dumps({"model": client.model, "messages": USER, "stream": True, **fields})
    headers = {"Authorization": f"Bearer {client.key}"}
    connection.request("POST", "/v1/chat/completions", body, headers)
    response = connection.getresponse()
    assert response.getheader("Content-Type") == "text/event-stream"
    lines = response.read().decode().split("\n\n")
    connection.close()
    assert lines[-2:] == ["data: [DONE]", ""]
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


def test_a_stream_carries_the_same_answer(client):
    """The deltas put together are the message; usage comes last if it was asked for."""
    whole = client.complete(messages=USER, tools=[BASH]).body
    chunks = events(client, tools=[BASH], stream_options={"include_usage": True})
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    (call,) = chunks[1]["choices"][0]["delta"]["tool_calls"]
    assert call.pop("index") == 0
    assert [call] == whole["choices"][0]["message"]["tool_calls"]
    assert chunks[2]["choices"][0]["finish_reason"] == "tool_calls"
    assert chunks[3]["choices"] == []
    assert chunks[3]["usage"] == whole["usage"]
    text = events(client)
    assert "usage" not in text[-1]
    assert text[1]["choices"][0]["delta"]["content"].startswith("I found nothing")


@pytest.mark.parametrize("key", ["", "key-of-the-test", "key-of-the-tests!", "clé"])
def test_a_wrong_key_is_refused(client, key):
    """401 for any other key, on every path, before anything else is looked at."""
    for method, path in (("GET", "/v1/models"), ("POST", "/v1/chat/completions"), ("GET", "/")):
        header = {"Authorization": f"Bearer {key}".encode().decode("latin-1")}
        answer = client.send(method, path, b"{not json", **header)
        refused(answer, 401, "invalid_api_key")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_missing_or_other_scheme_is_refused(client):
    """The key counts as bearer token only."""
    refused(client.send("GET", "/v1/models", Authorization=""), 401, "invalid_api_key")
    basic = client.send("GET", "/v1/models", Authorization=f"Basic {client.key}")
    refused(basic, 401, "invalid_api_key")


def test_another_model_is_refused(client):
    """404 names the model that is served and not the one that was asked for."""
    other = replace(client, model="gpt-of-somebody")
    answer = other.complete(messages=USER)
    refused(answer, 404, "model_not_found")
    assert client.model in answer.body["error"]["message"]
    assert "gpt-of-somebody" not in json.dumps(answer.body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"model": NaN}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"1" * 5_000,
    ],
)
def test_a_body_that_is_no_json_object_is_refused(client, body):
    """400 for broken, deep, non-UTF-8 and non-object bodies."""
    answer = client.send("POST", "/v1/chat/completions", body)
    assert answer.status == 400
    assert answer.body["error"]["code"] in ("invalid_json", "invalid_type")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, "messages[0]"),
        ({"messages": [{"role": ["user"], "content": "hi"}]}, "messages[0]"),
        ({"messages": [*USER, {"role": "user", "content": 7}]}, "messages[1]"),
        ({"messages": [{"role": "user", "content": ["hi"]}]}, "messages[0]"),
        ({"messages": [{"role": "assistant", "tool_calls": "x"}]}, "tool_calls"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]}, "messages[0]"),
        ({"messages": USER, "tools": {}}, "tools"),
        ({"messages": USER, "tools": [{"type": "function"}]}, "tools[0]"),
        ({"messages": USER, "max_tokens": 0}, "max_tokens"),
        ({"messages": USER, "max_tokens": True}, "max_tokens"),
        ({"messages": USER, "max_completion_tokens": "9"}, "max_completion_tokens"),
        ({"messages": USER, "n": 2}, None),
        ({"messages": USER, "logprobs": True}, None),
    ],
)
def test_a_malformed_request_says_which_part_is_wrong(client, fields, param):
    """400 with the parameter's name."""
    answer = client.complete(**fields)
    assert answer.status == 400
    assert answer.body["error"]["param"] == param


@pytest.mark.parametrize(
    "tool",
    [
        {"function": {"name": "bash", "parameters": None}},
        {"function": {"name": "bash", "parameters": {"properties": []}}},
        {"function": {"name": "bash", "parameters": {"properties": {"command": 5}}}},
        {"function": {"name": "bash", "parameters": {"required": "all"}}},
    ],
)
def test_an_odd_tool_is_an_unsuitable_one(client, tool):
    """A tool without a readable schema is not called, and no fault either."""
    (choice,) = client.complete(messages=USER, tools=[tool]).body["choices"]
    assert "no tool was offered" in choice["message"]["content"]


def test_lone_surrogates_are_no_fault(client):
    """JSON can spell text that UTF-8 can't; it is counted and answered like other text."""
    content = TASK + " \\ud800"
    body = (
        f'{{"model": "{client.model}", "messages": [{{"role": "user", "content": "{content}"}}]}}'
    )
    answer = client.send("POST", "/v1/chat/completions", body.encode())
    assert answer.status == 200


def test_other_paths_and_methods_are_refused(client):
    """404 for another path, 405 for another method, whatever the query."""
    refused(client.send("GET", "/"), 404, "unknown_url")
    refused(client.send("POST", "/v1/embeddings", b"{}"), 404, "unknown_url")
    refused(client.send("GET", "/v1/chat/completions?x=1"), 405, "method_not_allowed")
    refused(client.send("DELETE", "/v1/models"), 405, "method_not_allowed")


def test_a_body_too_large_is_refused_unread(client):
    """413 by its length alone, and the connection ends."""
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {client.key}\r\nContent-Length: {MOST_BODY_BYTES + 1}\r\n\r\n"
    )
    answer = raw(client, head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer
    assert b'"body_too_large"' in answer


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", b"400"),
        (
            b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
            b"413",
        ),
        (
            b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"411",
        ),
        (b"BREW /coffee HTTP/1.1\r\n\r\n", b"501"),
        (b"complete nonsense here\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", b"431"),
    ],
)
def test_what_is_hardly_http_gets_an_error_object(client, head, status):
    """No HTML, no traceback: one status and one JSON object, then the connection ends."""
    answer = raw(client, head)
    assert answer.startswith(b"HTTP/1.1 " + status)
    body = answer.partition(b"\r\n\r\n")[2]
    assert set(json.loads(body)) == {"error"}


def test_a_body_that_ends_early_is_not_answered(client):
    """A connection that breaks in its body is dropped, and the next one is served."""
    head = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 50\r\n\r\n{"
    assert raw(client, head) == b""
    assert client.send("GET", "/v1/models").status == 200


def test_one_connection_serves_many_requests(client):
    """HTTP/1.1 keep-alive, also after refusals of well-formed requests."""
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=20)
    connection.connect()
    first = connection.sock
    for path, key, status in (
        ("/v1/models", client.key, 200),
        ("/v1/models", "wrong", 401),
        ("/v1/none", client.key, 404),
        ("/v1/models", client.key, 200),
    ):
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        response.read()
        assert response.status == status
        assert connection.sock is first
    connection.close()


def test_sixteen_conversations_at_once_do_not_mix(client):
    """Each of 16 concurrent clients gets the answer to its own task."""

    def ask(number: int) -> str:
        text = f"gcc -fsanitize=address -o d p.c\n/home/task{number}/answer"
        answer = client.complete(messages=[{"role": "user", "content": text}], tools=[BASH])
        return answer.body["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]

    with ThreadPoolExecutor(16) as pool:
        for number, arguments in enumerate(pool.map(ask, range(64))):
            assert f"cd /home/task{number} " in arguments


def test_a_fault_of_ours_shows_nothing(client, monkeypatch, capfd):
    """500 without the exception's text, outside and on standard error."""

    def fail(*_: object) -> None:
        raise KeyError("confidential")

    monkeypatch.setattr(agent, "reply", fail)
    answer = client.complete(messages=USER)
    refused(answer, 500, "internal_error")
    assert "confidential" not in json.dumps(answer.body) + capfd.readouterr().err
    monkeypatch.undo()
    assert client.complete(messages=USER).status == 200


def test_an_endpoint_needs_a_key():
    """No endpoint starts that anybody may use."""
    with pytest.raises(ValueError, match="without a key"):
        Endpoint(STRENGTHS["weak"], "")
