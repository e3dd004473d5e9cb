from __future__ import annotations

import contextlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.camera import StreamUrl
from ingest.errors import StreamUrlError


def test_password_is_hidden_everywhere_but_in_reveal() -> None:
    url = StreamUrl.parse("rtsp://admin:s%40cret@10.0.0.7:8554/a?token=x")
    assert (url.username, url.password) == ("admin", "s@cret")
    assert url.reveal() == "rtsp://admin:s%40cret@10.0.0.7:8554/a?token=x"
    for shown in (str(url), repr(url), url.hidden(), f"{url!r:>80}"):
        assert "cret" not in shown
        assert "token" not in shown


@pytest.mark.parametrize(
    "path",
    [
        "user=admin_password=s3cret_channel=1_stream=0.sdp",
        "user=admin&password=s3cret&channel=1",
        "live/PWD=s3cret/1",
        "live/1?password=s3cret",
        "stream;token=s3cret",
    ],
)
def test_a_password_in_the_path_is_hidden_too(path: str) -> None:
    """Some makers' cameras take it there."""
    url = StreamUrl.parse(f"rtsp://10.0.0.7/{path}")
    assert "s3cret" not in f"{url} {url!r}"
    assert "s3cret" in url.reveal()


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
        "rtsp://user:pw@/path",
        "rtsp://host:0/",
        "rtsp://host:99999/",
        "rtsp://host:port/",
        "rtsp://user:hunt/er2@host/",
        "rtsp://[::1/",
        "rtsp://[nonsense]/",
        "rtsp://host/a b",
        "rtsp://host/\n",
        "rtsp://host/\x00",
        "rtsp://host/\x7f",
        "rtsp://host\u2100/",
        "rtsp://" + "a" * 3000,
    ],
)
def test_what_is_no_camera_address_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(StreamUrlError) as caught:
        StreamUrl.parse(text)
    assert "\n" not in str(caught.value)
    assert "hunt" not in f"{caught.value!r} {caught.value.__cause__!r}"


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_one_clear_error(text: str) -> None:
    for candidate in (text, "rtsp://" + text, "rtsp://u:p@" + text, "rtsp://h:" + text):
        with contextlib.suppress(StreamUrlError):  # and no other error
            url = StreamUrl.parse(candidate)
            assert url.host
            assert 0 < url.port < 65536
            assert StreamUrl.parse(url.reveal()) == url
            assert StreamUrl.parse(url.pinned_to("10.0.0.1").reveal()).host == "10.0.0.1"


# A password may be anything once it is percent-encoded; it must come back whole and stay unseen.
@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=6, max_size=20))
def test_any_password_survives_and_is_never_shown(password: str) -> None:
    url = StreamUrl.parse(f"rtsp://guard:{quote(password, safe='')}@cam.example/1")
    assert url.password == password
    pinned = url.pinned_to("fd00::1")
    assert (pinned.password, pinned.host) == (password, "fd00::1")
    for shown in (str(pinned), repr(url)):
        assert password not in shown
        assert quote(password, safe="") not in shown


def test_pinning_keeps_everything_but_the_host() -> None:
    url = StreamUrl.parse("rtsp://u:p@cam.example:554/x?y=1")
    assert url.pinned_to("10.1.2.3").reveal() == "rtsp://u:p@10.1.2.3:554/x?y=1"
    assert url.pinned_to("fd00::1").reveal() == "rtsp://u:p@[fd00::1]:554/x?y=1"
    bare = StreamUrl.parse("rtsp://cam.example/x")
    assert bare.pinned_to("10.1.2.3").reveal() == "rtsp://10.1.2.3/x"
    assert StreamUrl.parse("rtsp://only@cam/x").pinned_to("10.1.2.3").hidden() == (
        "rtsp://only@10.1.2.3/x"
    )


def test_ports_and_equality() -> None:
    ports = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
    assert {s: StreamUrl.parse(f"{s}://h/").port for s in ports} == ports
    assert StreamUrl.parse("rtsp://u:a@h/") != StreamUrl.parse("rtsp://u:b@h/")
    assert len({StreamUrl.parse("rtsp://h/1"), StreamUrl.parse("rtsp://h/1")}) == 1
    assert StreamUrl.parse("rtsp://[::1]/1").hidden() == "rtsp://[::1]/1"
