"""The description of the API: complete, the same as ever, and public.

Renew the golden file after a change that is meant:
    RENEW_GOLDEN=1 .venv/bin/pytest tests/unit/api/test_openapi.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.openapi import document, operations, text
from tests.support.service import make_service

GOLDEN = Path(__file__).parents[2] / "golden" / "openapi.json"


@pytest.fixture
def described(tmp_path: Path) -> dict[str, Any]:
    return document(make_service(tmp_path).app)


def test_it_is_the_golden_file(tmp_path: Path) -> None:
    now = text(make_service(tmp_path).app)
    if os.environ.get("RENEW_GOLDEN") == "1":
        GOLDEN.write_text(now, "utf-8")
    assert now == GOLDEN.read_text("utf-8"), "the API's description has changed"


async def test_it_is_public_and_served_compressed(tmp_path: Path) -> None:
    async with make_service(tmp_path).client() as anybody:
        answer = await anybody.get("/openapi.json")
        assert answer.json()["openapi"].startswith("3.1")
        assert answer.headers["content-encoding"] == "gzip"
        etag = {"If-None-Match": answer.headers["etag"]}
        assert (await anybody.get("/openapi.json", headers=etag)).status_code == 304


def test_every_operation_is_described(described: dict[str, Any]) -> None:
    ids = [one["operationId"] for one in operations(described)]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in described["tags"]}
    public = {"sign_in", "get_health", "get_readiness"}
    for one in operations(described):
        name = one["operationId"]
        assert one["summary"], name
        assert one["description"], name
        assert set(one["tags"]) <= tags, name
        assert bool(one.get("security")) is (name not in public), name
        assert any(int(status) < 300 for status in one["responses"]), name
        for parameter in one.get("parameters", ()):
            assert parameter.get("description"), f"{name}: {parameter['name']}"


def test_every_refusal_is_a_problem_document(described: dict[str, Any]) -> None:
    for one in operations(described):
        for status, response in one["responses"].items():
            if int(status) >= 400:
                assert [*response["content"]] == ["application/problem+json"]
                assert response["description"]
            assert "HTTPValidationError" not in str(response)


def test_every_body_has_a_schema_with_an_example(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for name, schema in bodies(described):
        if "$ref" in schema:
            found = schemas[schema["$ref"].rpartition("/")[2]]
            assert found.get("examples") or name.endswith("_scene"), name
        else:
            assert schema.get("examples"), name


def bodies(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in operations(described):
        contents = [one.get("requestBody", {}).get("content", {})]
        contents += [r.get("content", {}) for s, r in one["responses"].items() if int(s) < 300]
        for content in contents:
            if "application/json" in content:
                body = content["application/json"]
                yield (
                    one["operationId"],
                    {**body["schema"], **{k: v for k, v in body.items() if k == "examples"}},
                )


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    schemas = set(described["components"]["schemas"])
    named = set(references(described))
    assert {name for name in named if name not in schemas} == set()
    assert schemas - named == set(), "a schema that nothing refers to"


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, inner in node.items():
            if key == "$ref":
                yield inner.rpartition("/")[2]
            elif key == "mapping":
                yield from (one.rpartition("/")[2] for one in inner.values())
            else:
                yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)
