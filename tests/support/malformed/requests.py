"""Requests that are wrong: every creating and changing route, ids, queries, headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.support.malformed.addresses import ADDRESSES, ELSEWHERE
from tests.support.malformed.case import SECRET, HttpCase
from tests.support.malformed.scenes import SCENES, TEXTS

ID = "019aa5c8-7c00-7d3a-9b1f-2f6f0a4b8c01"
CAMERA: dict[str, Any] = {
    "id": "malformed",
    "name": "Malformed",
    "url": f"rtsp://viewer:{SECRET}@10.255.255.1:554/stream",
    "latitude": 60.17,
    "longitude": 24.94,
    "probe": False,
}
ROUTES: dict[str, tuple[str, str]] = {
    "create camera": ("POST", "/v1/cameras"),
    "change camera": ("PATCH", "/v1/cameras/known"),
    "set scene": ("PUT", "/v1/cameras/known/scene"),
    "probe": ("POST", "/v1/cameras/probe"),
    "register patrol": ("POST", "/v1/patrols"),
    "change patrol": ("PATCH", "/v1/patrols/{patrol}"),
    "position": ("PUT", "/v1/patrols/{patrol}/position"),
    "create token": ("POST", "/v1/tokens"),
    "sign in": ("POST", "/v1/session"),
    "dispatch": ("POST", f"/v1/alerts/{ID}/dispatch"),
    "close": ("POST", f"/v1/alerts/{ID}/close"),
}
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b'{"id": "a", ',
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "an unknown key": b'{"unknown": "' + SECRET.encode() + b'"}',
    "a key twice": b'{"name": "a", "name": "b"}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "nested 20000 deep": b'{"name":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "a number of 5000 digits": b'{"name": ' + b"9" * 5000 + b"}",
    "NaN": b'{"latitude": NaN, "longitude": NaN}',
    "a NUL": b'{"name": "a\\u0000b", "code": "\\u0000", "url": "\\u0000", "note": "\\u0000"}',
}
FIELDS: dict[str, dict[str, list[Any]]] = {
    "create camera": {
        "id": ["", "UPPER", "a b", "-a", "a" * 65, "../x", "қала", 7, None],
        "name": ["", "   ", "a" * 121, "a\nb", 7, None],
        "url": [7, None, [f"rtsp://viewer:{SECRET}@10.0.0.7/"], {"a": SECRET}],
        "latitude": [91, -91, "60", None, True, [60], 1e300],
        "longitude": [181, -181, "24", None],
        "fps": [0, 0.4, 31, -1, "5", None, True],
        "enabled": ["yes", 1, None],
        "probe": ["no", 0, None],
        "scene": ["scene", 7, []],
    },
    "register patrol": {"name": ["", " ", "a" * 65, "a\tb", 7, None, ["a"]]},
    "change patrol": {"on_duty": ["yes", 1, None, []]},
    "position": {
        "latitude": [90.1, "60", None],
        "longitude": [-180.1, "24", None],
        "at": ["now", "2026-11-24", "2026-11-24T08:00:00", "0001-01-01T00:00:00+14:00", {}],
    },
    "create token": {
        "role": ["root", "", 7, None],
        "name": ["", "a" * 65, 7],
        "days": [0, -1, 3651, 1.5, "30"],
        "patrol": [ID, "me", 7],
    },
    "sign in": {"code": ["", "x" * 257, 7, None, [SECRET]]},
    "dispatch": {"patrol": ["me", "x", 7], "reason": ["a" * 2001, 7, None]},
    "close": {"outcome": ["won", "", None, 7], "note": ["a" * 2001, 7, None]},
}
GOOD: dict[str, dict[str, Any]] = {
    "create camera": CAMERA,
    "register patrol": {"name": "Unit"},
    "change patrol": {"on_duty": True},
    "position": {"latitude": 60, "longitude": 24},
    "create token": {"role": "operator", "name": "Aida"},
    "sign in": {"code": "qc_"},
    "dispatch": {},
    "close": {"outcome": "real"},
}


def cases(patrol: str) -> Iterator[HttpCase]:
    """All of them; `patrol`: the id of a unit that exists."""
    yield from _bodies(patrol)
    yield from _fields(patrol)
    yield from _addresses()
    yield from _scenes()
    yield from _ids()
    yield from _queries()
    yield from _headers()
    yield from _methods()


def _route(name: str, patrol: str) -> tuple[str, str]:
    method, path = ROUTES[name]
    return method, path.format(patrol=patrol)


def _bodies(patrol: str) -> Iterator[HttpCase]:
    for route in ROUTES:
        for name, body in BODIES.items():
            if (route, name) != ("change camera", "nothing"):
                yield HttpCase("body", f"{route}: {name}", *_route(route, patrol), body)


def _fields(patrol: str) -> Iterator[HttpCase]:
    for route, fields in FIELDS.items():
        for key, values in fields.items():
            for value in values:
                body = {**GOOD[route], key: value}
                shown = f"{value!r}"[:24]
                yield HttpCase(
                    "value", f"{route}: {key} = {shown}", *_route(route, patrol), body, names=key
                )


def _addresses() -> Iterator[HttpCase]:
    for name, url in {**ADDRESSES, **ELSEWHERE}.items():
        body = {**CAMERA, "url": url}
        yield HttpCase("address", f"create camera: {name}", "POST", "/v1/cameras", body)
        probe = {"url": url}
        yield HttpCase("address", f"probe: {name}", "POST", "/v1/cameras/probe", probe)


def _scenes() -> Iterator[HttpCase]:
    path = "/v1/cameras/known/scene"
    for name, (scene, names) in SCENES.items():
        yield HttpCase("scene", f"set scene: {name}", "PUT", path, scene, names=names)
    for name, (text, _) in TEXTS.items():
        yield HttpCase("scene", f"set scene: {name}", "PUT", path, text)


def _ids() -> Iterator[HttpCase]:
    for bad in ("UPPER", "a_b", "%00", "%ff", "..%2f..", "a" * 65, "%F0%9F%92%A9"):
        yield HttpCase("id", f"camera {bad[:20]}", "PATCH", f"/v1/cameras/{bad}", {"fps": 2})
    for bad in ("x", "%00", ID.upper(), ID + "0", "me"):
        yield HttpCase("id", f"alert {bad[:40]}", "POST", f"/v1/alerts/{bad}/acknowledge")
        yield HttpCase("id", f"token {bad[:40]}", "DELETE", f"/v1/tokens/{bad}")
    yield HttpCase("id", "unknown alert", "POST", f"/v1/alerts/{ID}/acknowledge")
    yield HttpCase("id", "unknown patrol", "POST", f"/v1/patrols/{ID}/token")


def _queries() -> Iterator[HttpCase]:
    for query in ("limit=0", "limit=-1", "limit=1e3", "limit=99999999999999999999", "cursor=%00"):
        for path in ("cameras", "patrols", "alerts", "tokens"):
            yield HttpCase("query", f"{path}: {query}", "GET", f"/v1/{path}?{query}")
    for query in ("after=-1", "after=x", "after=99999999999999999999", "after=%00"):
        yield HttpCase("query", f"stream: {query}", "GET", f"/v1/console/stream?{query}")


HEADERS: dict[str, list[str]] = {
    "Idempotency-Key": ["", "a b", "x" * 129, "қала"],
    "Content-Type": ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "*"],
    "Authorization": ["Bearer", f"Bearer {SECRET}", "Basic YTpi", "Bearer qk_" + "a" * 5000],
    "Host": ["evil.example", "127.0.0.1.evil.example", "@", "[", "localhost:80:80.evil"],
}


def _headers() -> Iterator[HttpCase]:
    for name, values in HEADERS.items():
        for value in values:
            shown = f"{name}: {value[:24]}"
            body = {"name": "Unit"}
            yield HttpCase("header", shown, "POST", "/v1/patrols", body, {name: value})
    for tag in ("1", 'W/"1"', '"x"', '""', '"99999999999999999999"'):
        path = "/v1/cameras/known"
        yield HttpCase("header", f"If-Match: {tag}", "PATCH", path, {"fps": 2}, {"If-Match": tag})


def _methods() -> Iterator[HttpCase]:
    for method in ("PUT", "DELETE", "TRACE", "BREW"):
        yield HttpCase("method", f"{method} /v1/alerts", method, "/v1/alerts")
    yield HttpCase("method", "POST to a page", "POST", "/")
    yield HttpCase("method", "nothing there", "POST", "/v1/nothing")
    yield HttpCase("body", "two megabytes", "POST", "/v1/patrols", b" " * 2_000_000)
