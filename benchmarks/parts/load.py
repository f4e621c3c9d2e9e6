"""A small load generator in a process of its own: it reads its job as JSON and prints what it saw.

Keep-alive connections over one epoll loop, requests made ready before, next to no work for each
answer: so that on a small machine the server gets the time. Standard library only.
"""

import contextlib
import json
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RECEIVE_BYTES = 1 << 20
PATIENCE_SECONDS = 60.0


@dataclass
class Connection:
    """One connection: the request under way and what came back of it."""

    socket: socket.socket
    began: float = 0.0
    request: bytes = b""
    answer: bytearray = field(default_factory=bytearray)
    # How long the whole answer is, once its head is here.
    length: int | None = None


def drive(job: dict[str, Any]) -> dict[str, Any]:
    """Send requests over all connections until the time or the requests are over.

    `job`: port, connections, seconds, most (0: any number), repeat (whether to begin again), and
    requests as text. Returns milliseconds of each answer in order, counts by status, bytes of the
    last answer, seconds, and the CPU seconds that this took here. Status "none" is that no answer
    came for a minute, which ends the drive.
    """
    requests = [request.encode() for request in job["requests"]]
    most = job["most"] or (sys.maxsize if job["repeat"] else len(requests))
    poll = select.epoll()
    open_now: dict[int, Connection] = {}
    for _ in range(min(job["connections"], most)):
        _open(job["port"], poll, open_now)
    sent, times, statuses, size = 0, [], {}, 0
    began, cpu = time.perf_counter(), time.process_time()
    for each in list(open_now.values()):
        _send(each, requests[sent % len(requests)])
        sent += 1
    until = began + job["seconds"]
    while open_now:
        ready = poll.poll(PATIENCE_SECONDS)
        if not ready:
            statuses["none"] = len(open_now)
            break
        for number, _ in ready:
            each = open_now[number]
            part = _receive(each)
            if not part and each.length is None:
                # Closed while idle, as servers do: the same request again over a new one.
                poll.unregister(number)
                each.socket.close()
                del open_now[number]
                again = _open(job["port"], poll, open_now)
                _send(again, each.request)
                continue
            if each.length is None or len(each.answer) < each.length:
                continue
            moment = time.perf_counter()
            times.append((moment - each.began) * 1000)
            status = each.answer[9:12].decode()
            statuses[status] = statuses.get(status, 0) + 1
            size = len(each.answer)
            if sent >= most or moment >= until:
                poll.unregister(number)
                each.socket.close()
                del open_now[number]
                continue
            if b"connection: close" in bytes(each.answer[:1500]).lower():
                poll.unregister(number)
                each.socket.close()
                del open_now[number]
                each = _open(job["port"], poll, open_now)
            _send(each, requests[sent % len(requests)])
            sent += 1
    return {
        "milliseconds": times,
        "statuses": statuses,
        "bytes": size,
        "seconds": time.perf_counter() - began,
        "client_cpu": time.process_time() - cpu,
    }


def load(
    port: int,
    requests: list[str],
    *,
    connections: int = 1,
    seconds: float = PATIENCE_SECONDS,
    most: int = 0,
    repeat: bool = True,
) -> dict[str, Any]:
    """Drive requests from a process of its own. Returns as `drive`."""
    job = {
        "port": port,
        "requests": requests,
        "connections": connections,
        "seconds": seconds,
        "most": most,
        "repeat": repeat,
    }
    done = subprocess.run(
        [sys.executable, "-I", str(Path(__file__))],
        input=json.dumps(job),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def get(path: str, cookies: str = "", **headers: str) -> str:
    """Return a GET request as it goes over the line."""
    return _request("GET", path, cookies, "", headers)


def post(path: str, cookies: str, body: str) -> str:
    """Return a POST request with an encoded form."""
    return _request(
        "POST", path, cookies, body, {"Content-Type": "application/x-www-form-urlencoded"}
    )


def _request(method: str, path: str, cookies: str, body: str, headers: dict[str, str]) -> str:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if cookies:
        lines.append(f"Cookie: {cookies}")
    if body:
        lines += [f"Content-Length: {len(body.encode())}", "Origin: http://localhost"]
    return "\r\n".join([*lines, "", body])


def _open(port: int, poll: select.epoll, open_now: dict[int, Connection]) -> Connection:
    new = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
    new.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    poll.register(new.fileno(), select.EPOLLIN)
    open_now[new.fileno()] = Connection(new)
    return open_now[new.fileno()]


def _send(each: Connection, request: bytes) -> None:
    each.request, each.length = request, None
    each.answer.clear()
    each.began = time.perf_counter()
    # A server that closed while idle shows itself at the next reading.
    with contextlib.suppress(ConnectionError):
        each.socket.sendall(request)


def _receive(each: Connection) -> bytes:
    try:
        part = each.socket.recv(RECEIVE_BYTES)
    except ConnectionError:
        return b""
    each.answer += part
    if each.length is None:
        end = each.answer.find(b"\r\n\r\n")
        if end >= 0:
            head = bytes(each.answer[:end]).lower()
            at = head.find(b"content-length:")
            told = head[at + 15 :].split(b"\r\n", 1)[0] if at >= 0 else b"0"
            each.length = end + 4 + int(told)
    return part


if __name__ == "__main__":
    json.dump(drive(json.load(sys.stdin)), sys.stdout)
