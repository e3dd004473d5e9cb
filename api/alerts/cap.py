"""`/v1/alerts/{alert}/cap`: an alert for other authorities."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from alerts.alert import AlertId
from alerts.cap import MEDIA_TYPE, cap_xml
from api.alerts.schemas import AlertPath
from api.auth.access import GuardedRoute, Staff
from api.cap import origin_of
from api.etag import etag
from api.openapi import Responses, refusals
from api.wiring import services_of

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=GuardedRoute)

CAP: Responses = {
    200: {
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        "description": "A message of the Common Alerting Protocol 1.2.",
    }
}


@router.get("/{alert}/cap", response_class=Response, responses={**CAP, **refusals(404)})
def get_alert_cap(alert: AlertPath, request: Request, caller: Staff) -> Response:
    """An alert's present version in the Common Alerting Protocol 1.2 (OASIS).

    In English, Kazakh and Russian; for services that answer alerts, not for publication.
    """
    services = services_of(request)
    found = services.alerts.alert(AlertId(alert)).alert
    body = cap_xml(found, origin_of(services.settings))
    return Response(body, media_type=MEDIA_TYPE, headers={"ETag": etag(found.version)})
