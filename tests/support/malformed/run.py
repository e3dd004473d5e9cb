"""Runs malformed inputs and judges what comes of them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest.mock import patch

import httpx

from api.cli.main import main
from api.home import weights
from tests.support.malformed.case import SECRET, CliCase, HttpCase, Outcome

LONGEST_LINE = 600
PROGRESS = ("file", "model")
"""Groups whose commands say more than the last line: bad rows, steps of a fetch."""
WEIGHTS = weights()


async def run_http(client: httpx.AsyncClient, case: HttpCase) -> Outcome:
    """Send the request; right is a 4xx with a problem document of one clear line."""
    raw = isinstance(case.body, bytes)
    content = case.body if raw else json.dumps(case.body).encode()
    given = {"Content-Type": "application/json"} if case.body is not None else {}
    if "Authorization" in case.headers:
        given["Cookie"] = "none=1"  # else the session would vouch for the caller
    headers = [(k.encode(), v.encode("utf-8")) for k, v in {**given, **case.headers}.items()]
    sent = {"content": content} if case.body is not None or case.method == "PUT" else {}
    try:
        answer = await client.request(case.method, case.path, headers=headers, **sent)
    except httpx.HTTPError as error:
        return Outcome(case.group, case.name, 0, "", f"no answer: {error!r}")
    if not 400 <= answer.status_code < 500:
        wrong = f"answered {answer.status_code}: {answer.text[:100]}"
        return Outcome(case.group, case.name, answer.status_code, "", wrong)
    if answer.headers.get("content-type") != "application/problem+json":
        line, errors = answer.text[:80], []
        wrong = "" if line.startswith("Invalid HTTP") else "no problem document"
    else:
        document = answer.json()
        line, errors = document["detail"], document.get("errors", [])
        wrong = _unclear(line, answer.text)
    if case.names and case.names not in line + json.dumps(errors, ensure_ascii=False):
        wrong = wrong or f"does not name {case.names}"
    return Outcome(case.group, case.name, answer.status_code, line, wrong)


def run_cli(case: CliCase, folder: Path) -> Outcome:
    """Run the command in this process; right is its exit status and one clear line."""
    folder.mkdir(parents=True)
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    if not (folder / "v.mp4").exists():
        (folder / "v.mp4").write_bytes(b"no video")
    arguments = [one.replace("{dir}", str(folder)) for one in case.arguments]
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        _environment(case.environment, folder),
        patch("sys.stdin", io.StringIO("")),
    ):
        try:
            code = main(arguments)
        except BaseException as error:
            wrong = f"raised {type(error).__name__}: {error}"
            return Outcome(case.group, case.name, -1, "", wrong)
    lines = err.getvalue().splitlines()
    line = lines[-1].replace(str(folder), "DIR") if lines else ""
    wrong = _unclear(line, out.getvalue() + err.getvalue())
    if code != case.code:
        wrong = wrong or f"exit status {code}"
    elif not line.startswith("qalqan: ") or (len(lines) > 1 and case.group not in PROGRESS):
        wrong = wrong or f"not one line: {lines[:3]}"
    elif case.names not in err.getvalue():
        wrong = wrong or f"does not name {case.names}"
    shown = lines[0] if case.group == "file" and lines else line
    return Outcome(case.group, case.name, code, shown, wrong)


def _unclear(line: str, everything: str) -> str:
    if SECRET in everything:
        return "shows a secret"
    if "Traceback" in everything or "pydantic" in everything:
        return "shows its insides"
    if not line.strip() or "\n" in line or len(line) > LONGEST_LINE:
        return f"is not one clear line: {line[:80]!r}"
    return ""


@contextlib.contextmanager
def _environment(wanted: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Only these variables of ours; a folder with models of its own is used as the catalog."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("QALQAN_")}
    kept["QALQAN_WEIGHTS"] = str(WEIGHTS)
    ours = {key: value.replace("{dir}", str(folder)) for key, value in wanted.items()}
    models = folder / "models"
    with contextlib.ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {**kept, **ours}, clear=True))
        if models.is_dir():
            for place in ("api.home.manifests", "api.cli.models.manifests"):
                stack.enter_context(patch(place, lambda: models))
        yield


def table(outcomes: list[Outcome]) -> str:
    """The outcomes as a table for people."""
    rows = [f"{'group':8} {'code':>4}  {'input':48} what is said"]
    for one in outcomes:
        said = one.line if not one.wrong else f"WRONG: {one.wrong}"
        rows.append(f"{one.group:8} {one.code:>4}  {one.name[:48]:48} {said[:110]}")
    good = sum(not one.wrong for one in outcomes)
    rows.append(f"{good} of {len(outcomes)} inputs are refused as they should be")
    return "\n".join(rows)


def show(outcomes: list[Outcome]) -> int:
    """Print the table; gives an exit status."""
    print(table(outcomes))
    return int(any(one.wrong for one in outcomes)) if sys.stdout else 1
