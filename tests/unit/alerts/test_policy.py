from __future__ import annotations

import dataclasses

from alerts.policy import Policy
from api.settings import PolicySettings


def test_every_number_of_the_policy_is_a_setting() -> None:
    assert Policy(**PolicySettings().model_dump()) == Policy()
    names = {one.name for one in dataclasses.fields(Policy)} - {"plans"}
    assert set(PolicySettings.model_fields) == names
