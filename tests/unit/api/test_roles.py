"""Every route times every role. A route that is not in the table fails here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerts.access import Role
from api.app import ROUTERS
from api.auth.access import Allow, GuardedRoute, Public, guards
from tests.support.service import CAMERA, Service, make_service

O, P, I, A = Role.OPERATOR, Role.PATROL, Role.INTEGRATOR, Role.ADMIN  # noqa: E741
EVERYBODY = {O, P, I, A}
PUBLIC: set[Role] = set()

MAY: dict[str, set[Role]] = {
    "sign_in": PUBLIC,
    "get_session": EVERYBODY,
    "sign_out": EVERYBODY,
    "list_tokens": {A},
    "create_token": {A},
    "revoke_token": {A},
    "list_cameras": {O, I, A},
    "create_camera": {I, A},
    "probe_stream": {I, A},
    "stream_cameras": {O, I, A},
    "get_camera": {O, I, A},
    "change_camera": {I, A},
    "remove_camera": {I, A},
    "get_scene": {O, I, A},
    "put_scene": {I, A},
    "get_snapshot": {O, I, A},
    "list_fixtures": {O, I, A},
    "forget_fixture": {O, A},
    "unwatch_fixture": {O, A},
    "list_patrols": {O, A},
    "register_patrol": {A},
    "stream_patrols": {O, A},
    "stream_own": {P},
    "get_patrol": {O, P, A},
    "change_patrol": {O, P, A},
    "put_position": {O, P, A},
    "put_positions": {I, A},
    "make_patrol_token": {A},
    "list_alerts": {O, A},
    "stream_alerts": {O, A},
    "get_alert": {O, P, A},
    "get_alert_snapshot": {O, P, A},
    "acknowledge_alert": {O, A},
    "dispatch_alert": {O, A},
    "close_alert": {O, P, A},
    "answer_alert": {P},
    "judge_alert": {O, A},
    "list_trust": {O, I, A},
    "get_trust": {O, I, A},
    "put_trust": {O, A},
    "get_alert_cap": {O, I, A},
    "push_key": EVERYBODY,
    "get_push": {P},
    "put_push": {P},
    "delete_push": {P},
    "try_push": {P},
    "get_notification": {P},
    "post_receipt": {P},
    "list_endpoints": {A},
    "create_endpoint": {A},
    "get_endpoint": {A},
    "change_endpoint": {A},
    "retire_endpoint": {A},
    "rotate_endpoint": {A},
    "test_endpoint": {A},
    "list_deliveries": {A},
    "replay_deliveries": {A},
    "list_silences": {O, I, A},
    "make_silence": {O, A},
    "get_silence": {O, I, A},
    "end_silence": {O, A},
    "shelve_alert": {O, A},
    "unshelve_alert": {O, A},
    "report_alarms": {O, A},
    "stream_console": {O, A},
    "city_map": EVERYBODY,
    "get_health": PUBLIC,
    "get_readiness": PUBLIC,
    "get_metrics": {O, I, A},
}
BODIES: dict[str, dict[str, Any]] = {
    "sign_in": {"code": "qc_unknown"},
    "create_token": {"role": "operator", "name": "Aida"},
    "create_camera": CAMERA,
    "probe_stream": {"url": CAMERA["url"]},
    "change_camera": {"fps": 2},
    "put_scene": {"version": 1},
    "register_patrol": {"name": "Unit 2"},
    "change_patrol": {"on_duty": True},
    "put_position": {"latitude": 60, "longitude": 24},
    "dispatch_alert": {},
    "close_alert": {"outcome": "real"},
    "answer_alert": {"answer": "accept"},
    "judge_alert": {"outcome": "real"},
    "put_trust": {"state": "review"},
    "post_receipt": {"stage": "seen"},
    "create_endpoint": {"channel": "webhook", "name": "City", "url": "https://10.0.0.1/"},
    "change_endpoint": {"events": ["alarm"]},
    "rotate_endpoint": {},
    "replay_deliveries": {"since": "2026-11-24T00:00:00Z"},
    "make_silence": {"reason": "works", "minutes": 5, "kind": "fire"},
    "shelve_alert": {"reason": "not now", "minutes": 5},
}
ROUTES = {
    route.name: route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, GuardedRoute)
}


def test_the_table_names_every_route_and_no_other() -> None:
    assert set(ROUTES) == set(MAY)
    assert sum(len(router.routes) for router in ROUTERS) == len(ROUTES), "a name is there twice"


@pytest.mark.parametrize("name", MAY)
def test_a_route_declares_the_roles_of_the_table(name: str) -> None:
    roles = set[Role]()
    for guard in guards(ROUTES[name].dependant):
        assert isinstance(guard, Public if MAY[name] is PUBLIC else Allow)
        roles |= guard.roles if isinstance(guard, Allow) else set()
    assert roles == MAY[name]


def path_of(service: Service, name: str, patrol: str) -> str:
    values = {
        "camera": "north-gate",
        "alert": service.raise_alert(1),
        "patrol": patrol,
        "kind": "intrusion",
        "fixture": "5f0c1d2e3a4b",
    }
    values["silence"] = service.silence(kind="fire")
    values["notification"] = f"{values['alert']}.1.patrol:{patrol}"
    values["endpoint"] = "019aa5c8-7c00-7e11-9c2d-3e4f5a6b7c8d"
    values["token"] = "019aa5c8-7c00-7e11-9c2d-3e4f5a6b7c8d"
    return ROUTES[name].path.format(**values)


@pytest.mark.parametrize("name", MAY)
async def test_what_is_answered_to_each_role(name: str, tmp_path: Path) -> None:
    service = make_service(tmp_path)
    unit = service.unit()
    (method,) = ROUTES[name].methods
    path = path_of(service, name, unit)
    body = BODIES.get(name)
    if MAY[name] is not PUBLIC:
        async with service.client() as nobody:
            assert (await nobody.request(method, path, json=body)).status_code == 401
        async with service.client("qk_made-up") as stranger:
            assert (await stranger.request(method, path, json=body)).status_code == 401
    for role in Role:
        if role in MAY[name] and "stream" in path:
            continue  # a stream does not end by itself: see test_streams
        token = service.token(role, unit if role is P else None)
        async with service.client(token) as caller:
            answer = await caller.request(method, path, json=body)
        allowed = MAY[name] is PUBLIC or role in MAY[name]
        refused = answer.status_code == 403 and "This needs the role" in answer.text
        assert refused is not allowed, f"{role}: {answer.status_code} {answer.text}"
        assert answer.status_code < 500
