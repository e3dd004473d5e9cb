"""`/openapi.json`: the description of the API (OpenAPI 3.1), complete and the same every time.

FastAPI writes most of it. Added here: the refusals every operation shares, as problem documents;
the schema of a scene, which the detector owns; no schema that nothing refers to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict

from api.auth.access import GuardedRoute, Open
from api.packed import Packed
from api.problem import MEDIA_TYPE
from api.schemas import SCENE_MARK, Reply
from detect.scene import Scene

Responses = dict[int | str, dict[str, Any]]
"""What a route declares of its replies beside the usual one."""

PROBLEM = "#/components/schemas/ProblemDocument"
SCENE = "#/components/schemas/Scene"
DESCRIPTION = """\
Cameras, incidents, alerts and patrols of a Qalqan installation.

Send `Authorization: Bearer qk_...`, or sign in for a session cookie. Errors are
`application/problem+json` (RFC 9457). A creating POST may carry an `Idempotency-Key`; a change may
carry `If-Match` with the `ETag` that was read. Lists are paged: `next_cursor` of a page is the
`cursor` of the next. Streams are server-sent events. Clients must ignore keys they do not know.
"""
TAGS = [
    {"name": "session", "description": "Signing in: a one-time code or a token becomes a cookie."},
    {"name": "tokens", "description": "Who may do what."},
    {"name": "cameras", "description": "Register, change, look at and remove cameras."},
    {"name": "patrols", "description": "Units, their positions, their duty, their own stream."},
    {"name": "push", "description": "Devices of units that can be woken, and the test of them."},
    {"name": "alerts", "description": "The feed, the account of each alert, what people do."},
    {"name": "notifications", "description": "What a message means; receipts of devices."},
    {"name": "trust", "description": "How far each camera's rules are believed."},
    {"name": "endpoints", "description": "Where other systems and phones are told of alerts."},
    {
        "name": "silences",
        "description": "What is quiet until when, and how much is asked of people.",
    },
    {"name": "console", "description": "What the control room's pages live on."},
    {"name": "map", "description": "The streets under it all."},
    {"name": "health", "description": "For machines that watch this one."},
]
MEANING = {
    400: "The body is not JSON.",
    401: "Nobody is signed in, or the token is unknown, expired or revoked.",
    403: "The caller's role may not do this.",
    404: "There is no such thing.",
    409: "The present state does not allow it.",
    412: "It changed since it was read: read it again.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: "A value is wrong; `errors` points at each.",
    429: "Too often or too many; wait for `Retry-After` seconds.",
    503: "Nothing can be done at present; try again after `Retry-After` seconds.",
}


class WrongValue(Reply):
    """One wrong value."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"pointer": "/latitude", "detail": "Input should be a valid number"}]
        }
    )

    pointer: str
    """JSON pointer into the body, or `/query/NAME`, `/path/NAME`, `/header/NAME`."""
    detail: str


class ProblemDocument(Reply):
    """A refusal (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "/latitude: Input should be a valid number",
                    "errors": [
                        {"pointer": "/latitude", "detail": "Input should be a valid number"}
                    ],
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    """One clear line for a person."""
    errors: list[WrongValue] | None = None


def refusals(*statuses: int) -> Responses:
    """The refusals of one operation beside those that every one has."""
    return {status: {"description": MEANING[status]} for status in statuses}


def document(app: FastAPI) -> dict[str, Any]:
    """The description of an application's routes."""
    found = app.openapi()
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(_definitions(ProblemDocument))
    schemas.update(_definitions(Scene))
    for operation in operations(found):
        _refuse(operation)
    _refer_to_scenes(found)
    return found


def operations(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every operation of a description."""
    for path in found["paths"].values():
        yield from path.values()


def _definitions(model: type[BaseModel]) -> dict[str, Any]:
    """A model's schema and those it refers to, by name."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    inner: dict[str, Any] = schema.pop("$defs", {})
    return {model.__name__: schema, **inner}


def _refuse(operation: dict[str, Any]) -> None:
    """Name what this operation can refuse, each as a problem document."""
    always = {503}
    if operation.get("security"):
        always |= {401, 403}
    if "requestBody" in operation:
        always |= {400, 413, 415, 422}
    if operation.get("parameters"):
        always |= {422}
    responses = operation["responses"]
    for status in always:
        responses.setdefault(str(status), {})
    for status, response in responses.items():
        if int(status) >= 400:
            response["description"] = response.get("description") or MEANING[int(status)]
            if int(status) == 422:
                response["description"] = MEANING[422]
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": PROBLEM}}}
    operation["responses"] = dict(sorted(responses.items()))


def _refer_to_scenes(node: Any) -> None:
    if isinstance(node, dict):
        for key, inner in node.items():
            if isinstance(inner, dict) and SCENE_MARK in inner:
                node[key] = {"$ref": SCENE}
            else:
                _refer_to_scenes(inner)
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            if isinstance(inner, dict) and SCENE_MARK in inner:
                node[index] = {"$ref": SCENE}
            else:
                _refer_to_scenes(inner)


def text(app: FastAPI) -> str:
    """The description as it is served and as it stands in the golden file."""
    return json.dumps(document(app), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def router(app: FastAPI) -> APIRouter:
    """Serves the description; written once, when it is first asked for."""
    routes = APIRouter(route_class=GuardedRoute)
    kept: list[Packed] = []

    @routes.get("/openapi.json", dependencies=[Open], include_in_schema=False)
    def description(request: Request) -> Response:
        if not kept:
            kept.append(Packed.of(text(app).encode()))
        return kept[0].reply(request.headers, "application/json", "no-cache")

    return routes
