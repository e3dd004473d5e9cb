"""Stream addresses that are none, or that no camera may have."""

from __future__ import annotations

from tests.support.malformed.case import SECRET

ADDRESSES: dict[str, str] = {
    "empty": "",
    "a word": "camera",
    "a space": " ",
    "no scheme": f"viewer:{SECRET}@10.0.0.7/stream",
    "no host": "rtsp://",
    "no host but a path": "rtsp:///stream",
    "no host but a user": f"rtsp://viewer:{SECRET}@/stream",
    "a file": "file:///etc/passwd",
    "a pipe": "pipe:0",
    "concat": "concat:/etc/passwd|/etc/shadow",
    "subfile": "subfile,,start,0,end,0,,:/etc/passwd",
    "data": "data:text/plain;base64,aGVsbG8=",
    "gopher": f"gopher://viewer:{SECRET}@10.0.0.7/",
    "rtmp": f"rtmp://viewer:{SECRET}@10.0.0.7/live",
    "udp": "udp://@239.0.0.1:1234",
    "javascript": "javascript:alert(1)",
    "port 0": f"rtsp://viewer:{SECRET}@10.0.0.7:0/",
    "port 65536": f"rtsp://viewer:{SECRET}@10.0.0.7:65536/",
    "port as word": f"rtsp://viewer:{SECRET}@10.0.0.7:port/",
    "negative port": "rtsp://10.0.0.7:-1/",
    "open bracket": f"rtsp://viewer:{SECRET}@[::1/stream",
    "a newline": f"rtsp://viewer:{SECRET}@10.0.0.7/\r\nDESCRIBE rtsp://x",
    "a tab": "rtsp://10.0.0.7/\tstream",
    "too long": f"rtsp://viewer:{SECRET}@10.0.0.7/" + "a" * 3000,
}
"""Refused for what they are, wherever they are given."""

ELSEWHERE: dict[str, str] = {
    "loopback": f"rtsp://viewer:{SECRET}@127.0.0.1:554/stream",
    "loopback by name": f"rtsp://viewer:{SECRET}@localhost/stream",
    "loopback in IPv6": f"rtsp://viewer:{SECRET}@[::1]/stream",
    "mapped loopback": "rtsp://[::ffff:127.0.0.1]/stream",
    "decimal loopback": "rtsp://2130706433/stream",
    "hexadecimal loopback": "rtsp://0x7f000001/stream",
    "short loopback": "rtsp://127.1/stream",
    "nowhere": "rtsp://0.0.0.0/stream",
    "cloud metadata": "http://169.254.169.254/latest/meta-data/",
    "link-local in IPv6": "rtsp://[fe80::1]/stream",
    "multicast": "rtsp://239.255.255.250/stream",
    "broadcast": "rtsp://255.255.255.255/stream",
    "the internet": f"rtsp://viewer:{SECRET}@8.8.8.8/stream",
    "no such name": f"rtsp://viewer:{SECRET}@camera.invalid/stream",
    "a name of 64 letters": "rtsp://" + "a" * 64 + ".invalid/",
    "a password with a slash": f"rtsp://viewer:a/{SECRET}@10.0.0.7/stream",
    "a password with a hash": f"rtsp://viewer:a#{SECRET}@10.0.0.7/stream",
}
"""Refused by a service whose camera networks are private ones."""
