"""Command lines that are wrong, and files and variables that make them so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.malformed.addresses import ADDRESSES
from tests.support.malformed.case import SECRET, CliCase
from tests.support.malformed.scenes import SCENES, TEXTS

SETTINGS: dict[str, tuple[str | bytes, str]] = {
    "not YAML": ("port: [8080", "YAML"),
    "a list": ("- port: 8080", "mapping"),
    "a word": ("serve", "mapping"),
    "not UTF-8": (b"host: \xff\xfe", "YAML"),
    "a NUL": (b"host: \x00", "YAML"),
    "a Python object": ("home: !!python/object/apply:os.system ['id']", "YAML"),
    "unknown key": ("prot: 8080", "prot"),
    "number as key": ("8080: port", "mapping"),
    "port 65536": ("port: 65536", "port"),
    "port as word": ("port: eighty", "port"),
    "port null": ("port: null", "port"),
    "home as list": ("home: [a]", "home"),
    "home as number": ("home: 7", "home"),
    "host as list": ("host: [a]", "host"),
    "network that is none": ("camera_networks: [cameras]", "camera_networks"),
    "network with host bits": ("camera_networks: [10.0.0.1/8]", "camera_networks"),
    "network as text": ("camera_networks: 10.0.0.0/8", "camera_networks"),
    "public host with scheme": ("public_hosts: ['https://alarm.kz']", "public_hosts"),
    "public host with port": ("public_hosts: ['alarm.kz:443']", "public_hosts"),
    "policy as list": ("policy: [1]", "policy"),
    "unknown policy": ("policy: {answer: 30}", "policy.answer"),
    "negative answer_s": ("policy: {answer_s: -1}", "policy.answer_s"),
    "answer_s not a number": ("policy: {answer_s: .nan}", "policy.answer_s"),
    "no such severity": ("policy: {auto_dispatch_severities: [purple]}", "severities"),
    "database of no kind": (f"database_url: 'oracle9://u:{SECRET}@h/d'", "database"),
    "database address that is none": (f"database_url: '{SECRET}'", "database"),
}
CAMERA_ROWS: dict[str, tuple[Any, str]] = {
    "no list": ({"camera": []}, "list"),
    "empty list": ([], "no camera"),
    "a word": (["camera"], "row 1"),
    "no id": ([{"name": "a"}], "id"),
    "unknown key": ([{"id": "a", "colour": "red"}], "colour"),
    "password in a number": ([{"id": "a", "latitude": SECRET}], "latitude"),
    "bad address": ([{"id": "a", "name": "a", "url": "x", "latitude": 1, "longitude": 1}], "url"),
    "variable that is not set": (
        [{"id": "a", "name": "a", "url": "rtsp://u:${NO_SUCH}@h/", "latitude": 1, "longitude": 1}],
        "NO_SUCH",
    ),
    "two of one id": (
        [{"id": "a", "name": "a", "url": "rtsp://h/", "latitude": 1, "longitude": 1}] * 2,
        "twice",
    ),
    "bad scene": (
        [
            {
                "id": "a",
                "name": "a",
                "url": "rtsp://h/",
                "latitude": 1,
                "longitude": 1,
                "scene": {"version": 3},
            }
        ],
        "scene/version",
    ),
}
CSV: dict[str, tuple[str, str]] = {
    "empty": ("", "no camera"),
    "header alone": ("id,name,url\n", "no camera"),
    "too few columns": ("id,name,url\na,b\n", "line 2"),
    "too many columns": ("id,name\na,b,c,d\n", "line 2"),
    "latitude as word": (
        f"id,name,url,latitude,longitude\na,A,rtsp://u:{SECRET}@h/,n,2\n",
        "row 1",
    ),
    "unknown column": ("id,colour\na,red\n", "colour"),
    "open quote": ('id,name\n"a,b\n', "CSV"),
    "no such scene": ("id,scene\na,nowhere.json\n", "nowhere.json"),
}
CITIES: dict[str, tuple[str, str]] = {
    "not YAML": ("cameras: [", "YAML"),
    "a list": ("- a", ""),
    "unknown key": ("camera: []", "camera"),
    "version 2": ("version: 2", "version"),
    "cameras no list": ("cameras: 7", "cameras"),
    "camera as word": ("cameras: [a]", "cameras.0"),
    "camera without id": ("cameras: [{name: a}]", "cameras.0"),
    "bad latitude": (
        f"cameras: [{{id: a, name: a, url: 'rtsp://u:{SECRET}@h/', latitude: n, longitude: 1}}]",
        "cameras.0.latitude",
    ),
    "two units of one name": ("patrols: [{name: a}, {name: a}]", "patrols"),
    "unit without name": ("patrols: [{}]", "patrols.0.name"),
    "unit with more": ("patrols: [{name: a, rank: 1}]", "patrols.0.rank"),
}


def cases() -> Iterator[CliCase]:
    """All that need neither a service nor a model."""
    yield from _usage()
    for name, (text, names) in SETTINGS.items():
        data = () if name.startswith("home") else ("--data", "{dir}/d")
        arguments = ("serve", "--config", "{dir}/s.yaml", *data)
        yield CliCase("settings", f"serve: {name}", arguments, {"s.yaml": text}, names=names)
    for variable, value, names in (
        ("QALQAN_PORT", "eighty", "port"),
        ("QALQAN_CAMERA_NETWORKS", "10.0.0.0/33", "camera_networks"),
        ("QALQAN_PUBLIC_HOSTS", "a/b", "public_hosts"),
        ("QALQAN_DATABASE_URL", f"nonsense://{SECRET}", "database"),
    ):
        environment = {variable: value, "QALQAN_HOME": "{dir}"}
        yield CliCase("settings", f"serve: {variable}", ("serve",), {}, environment, names)
    for name, (scene, names) in SCENES.items():
        yield _analyze(name, json.dumps(scene).encode(), names)
    for name, (content, names) in TEXTS.items():
        yield _analyze(name, content, names)
    yield from _cameras()
    for name, (text, names) in CITIES.items():
        arguments = ("apply", "-f", "{dir}/city.yaml", "--dry-run")
        yield CliCase("city", f"apply: {name}", arguments, {"city.yaml": text}, names=names)


def _analyze(name: str, content: bytes, names: str) -> CliCase:
    arguments = ("analyze", "{dir}/v.mp4", "--scene", "{dir}/s.json")
    return CliCase("scene", f"analyze: {name}", arguments, {"s.json": content}, names=names)


def _usage() -> Iterator[CliCase]:
    for name, arguments, names in (
        ("no such command", ("levitate",), "levitate"),
        ("no such option", ("serve", "--prot", "1"), "--prot"),
        ("option without value", ("serve", "--port"), "--port"),
        ("port as word", ("serve", "--port", "x"), "--port"),
        ("port 65536", ("serve", "--port", "65536"), "--port"),
        ("no such config", ("serve", "--config", "{dir}/none.yaml"), "none.yaml"),
        ("config is a folder", ("serve", "--config", "{dir}"), ""),
        ("no such model", ("serve", "--data", "{dir}/d", "--model", "none"), "none"),
        ("model that climbs", ("serve", "--data", "{dir}/d", "--model", "../x"), "../x"),
        ("no source", ("analyze",), ""),
        ("fps 0", ("analyze", "{dir}/v.mp4", "--fps", "0"), "--fps"),
        ("fps nan", ("analyze", "{dir}/v.mp4", "--fps", "nan"), "--fps"),
        ("no such scene", ("analyze", "{dir}/v.mp4", "--scene", "{dir}/none.json"), "none.json"),
        ("scene is a folder", ("analyze", "{dir}/v.mp4", "--scene", "{dir}"), ""),
        ("no role", ("tokens", "create", "--name", "a"), "--role"),
        ("role root", ("tokens", "create", "--role", "root", "--name", "a"), "--role"),
        ("node without cluster", ("node",), "--nats"),
        ("node", ("node", "--nats", "nats://h"), "serve"),
    ):
        yield CliCase("usage", f"{arguments[0]}: {name}", arguments, names=names)
    for name, extra, names in (
        ("no name", ("--role", "admin", "--name", ""), "--name"),
        ("name with a newline", ("--role", "admin", "--name", "a\nb"), "--name"),
        ("patrol without unit", ("--role", "patrol", "--name", "a"), "--patrol"),
        ("unit without patrol", ("--role", "admin", "--name", "a", "--patrol", "x"), "--patrol"),
        ("no such unit", ("--role", "patrol", "--name", "a", "--patrol", "x"), "--patrol"),
        ("no days", ("--role", "admin", "--name", "a", "--days", "0"), "--days"),
    ):
        arguments = ("tokens", "create", *extra, "--data", "{dir}")
        yield CliCase("usage", f"tokens: {name}", arguments, names=names)


def _cameras() -> Iterator[CliCase]:
    token = {"QALQAN_TOKEN": "qk_x"}
    place = ("--name", "A", "--latitude", "1", "--longitude", "2")
    for name, url in ADDRESSES.items():
        if "\r" not in url:
            arguments = ("cameras", "add", "a", f"--url={url}", *place)
            yield CliCase("address", f"add: {name}", arguments, {}, token)
    with_password = f"--url=rtsp://u:{SECRET}@10.0.0.7/"
    for name, extra, environment, names in (
        ("a password in an argument", (with_password, *place), token, "--password-stdin"),
        ("no token", ("--url=rtsp://10.0.0.7/", *place), {"QALQAN_TOKEN": ""}, "QALQAN_TOKEN"),
        ("token of two lines", ("--url=rtsp://h/", *place), {"QALQAN_TOKEN": "a\nb"}, "token"),
        ("latitude 91", ("--url=rtsp://h/", *place, "--latitude", "91"), token, "latitude"),
        ("latitude nan", ("--url=rtsp://h/", *place, "--latitude", "nan"), token, "latitude"),
        ("fps 31", ("--url=rtsp://h/", *place, "--fps", "31"), token, "fps"),
        ("no such scene", ("--url=rtsp://h/", *place, "--scene", "{dir}/x"), token, "scene"),
        ("server of no kind", ("--url=rtsp://h/", *place, "--server", "ftp://h"), token, "server"),
        ("server with a word", ("--url=rtsp://h/", *place, "--server", "h"), token, "server"),
        (
            "server with a password",
            ("--url=rtsp://h/", *place, "--server", f"http://u:{SECRET}@h"),
            token,
            "server",
        ),
    ):
        arguments = ("cameras", "add", "a", *extra)
        yield CliCase("usage", f"cameras add: {name}", arguments, {}, environment, names)
    for name, (rows, names) in CAMERA_ROWS.items():
        for file, content in (("c.json", json.dumps(rows)), ("c.yaml", json.dumps(rows))):
            arguments = ("cameras", "import", f"{{dir}}/{file}", "--dry-run")
            yield CliCase("file", f"import {file}: {name}", arguments, {file: content}, names=names)
    for name, (text, names) in CSV.items():
        arguments = ("cameras", "import", "{dir}/c.csv", "--dry-run")
        yield CliCase("file", f"import c.csv: {name}", arguments, {"c.csv": text}, names=names)
    for name, files, names in (
        ("no such file", {}, "c.json"),
        ("of no kind", {"c.txt": "a"}, "c.txt"),
        ("not JSON", {"c.json": "{"}, "JSON"),
        ("not UTF-8", {"c.json": b"\xff"}, "UTF-8"),
    ):
        file = next(iter(files), "c.json")
        arguments = ("cameras", "import", f"{{dir}}/{file}", "--dry-run")
        yield CliCase("file", f"import: {name}", arguments, files, names=names)
