from __future__ import annotations

import pytest

from ingest.address import CameraNetworks
from ingest.camera import StreamUrl
from ingest.errors import StreamUnreachable, StreamUrlError


def test_password_is_hidden_everywhere_but_in_reveal() -> None:
    url = StreamUrl.parse("rtsp://admin:s%40cret@10.0.0.7:8554/a?token=x")
    assert url.password == "s@cret"
    assert url.reveal() == "rtsp://admin:s%40cret@10.0.0.7:8554/a?token=x"
    for shown in (str(url), repr(url), url.hidden(), f"{url!r:>80}"):
        assert "cret" not in shown
        assert "token" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "camera",
        "file:///etc/passwd",
        "concat:a|b",
        "pipe:0",
        "rtmp://host/a",
        "rtsp://",
        "rtsp:///path",
        "rtsp://host:0/",
        "rtsp://host:99999/",
        "rtsp://host:port/",
        "rtsp://[::1/",
        "rtsp://host/a b",
        "rtsp://host/\n",
        "rtsp://host/\x00",
        "rtsp://" + "a" * 3000,
    ],
)
def test_what_is_no_camera_address_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(StreamUrlError) as caught:
        StreamUrl.parse(text)
    assert "\n" not in str(caught.value)


def test_pinning_keeps_everything_but_the_host() -> None:
    url = StreamUrl.parse("rtsp://u:p@cam.example:554/x?y=1")
    assert url.pinned_to("10.1.2.3").reveal() == "rtsp://u:p@10.1.2.3:554/x?y=1"
    assert url.pinned_to("fd00::1").reveal() == "rtsp://u:p@[fd00::1]:554/x?y=1"


@pytest.mark.parametrize(
    ("addresses", "allowed"),
    [
        (["10.0.0.5"], True),
        (["10.0.0.5", "127.0.0.1"], False),
        (["169.254.169.254"], False),
        (["::ffff:10.0.0.5"], True),
        (["::ffff:127.0.0.1"], False),
        (["::1"], False),
    ],
)
def test_only_addresses_inside_the_networks(addresses: list[str], allowed: bool) -> None:
    networks = CameraNetworks(["10.0.0.0/8"], lambda host: addresses)
    url = StreamUrl.parse("rtsp://camera/1")
    if allowed:
        assert networks.resolve(url).host in addresses
    else:
        with pytest.raises(StreamUrlError, match="outside the declared"):
            networks.resolve(url)


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    def fail(host: str) -> list[str]:
        raise OSError

    with pytest.raises(StreamUnreachable):
        CameraNetworks(["10.0.0.0/8"], fail).resolve(StreamUrl.parse("rtsp://camera/1"))
