"""Bytes that are no HTTP, or HTTP that never ends, straight into the service's socket."""

from __future__ import annotations

import asyncio

from tests.support.malformed.case import Outcome

HOST = b"Host: localhost\r\n"
LIMIT_S = 20.0

RAW: dict[str, bytes] = {
    "garbage": b"\x00\x01\x02\xff" * 64 + b"\r\n\r\n",
    "TLS hello": bytes.fromhex("16030100a5010000a10303") + b"\x00" * 160 + b"\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "HTTP/9": b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n",
    "no Host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "header without colon": b"GET / HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n",
    "header with a NUL": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\n folded\r\n\r\n",
    "path that is not ASCII": b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    "bad UTF-8 in the path": b"GET /v1/alerts/%ff%fe%c0%80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "half an escape": b"GET /v1/alerts/%f HTTP/1.1\r\n" + HOST + b"\r\n",
    "header of 64 kB": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 65_536 + b"\r\n\r\n",
    "3000 headers": b"GET / HTTP/1.1\r\n" + HOST + b"X: abcdefghijklmnop\r\n" * 3000 + b"\r\n",
    "query of 60 kB": b"GET /v1/alerts?state=" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "length and chunks": b"POST /v1/session HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /v1/session HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
    "length of 10 MB": b"POST /v1/session HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 10000000\r\n\r\n{",
    "negative length": b"POST /v1/session HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\n",
    "chunk of no size": b"POST /v1/session HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "no such coding": b"POST /v1/session HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: brotli\r\n\r\n",
    "a proxy's CONNECT": b"CONNECT 10.0.0.1:22 HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute address": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "websocket to nowhere": b"GET /v1/nothing HTTP/1.1\r\n"
    + HOST
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "headers that never end": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a",
    "silence": b"",
    "a body that never comes": b"POST /v1/session HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
}


async def run_raw(port: int, name: str, sent: bytes, limit_s: float = LIMIT_S) -> Outcome:
    """Send the bytes and read to the end. Right: a 4xx, or an end without a word, in time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        async with asyncio.timeout(limit_s):
            writer.write(sent)
            await writer.drain()
            while chunk := await reader.read(65536):
                answer += chunk
                if b"\r\n\r\n" in answer and sent:
                    break
    except TimeoutError:
        return Outcome("socket", name, 0, "", f"still open after {limit_s:.0f} s")
    except ConnectionError:
        pass
    finally:
        writer.close()
    return _judged(name, answer)


def _judged(name: str, answer: bytes) -> Outcome:
    if not answer:
        return Outcome("socket", name, 0, "closed without a word")
    first = answer.split(b"\r\n", 1)[0].decode("latin-1")
    code = int(first.split()[1]) if first.startswith("HTTP/1.1 ") else 0
    wrong = "" if 400 <= code < 500 else "neither a 4xx nor closed"
    return Outcome("socket", name, code, first, wrong)
