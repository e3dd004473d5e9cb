"""In a process of its own: it changes the whole process."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import ctypes, sys
from ingest.memory import give_back_pictures

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

if sys.argv[1] == "on":
    assert give_back_pictures() is True
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
SIZE = 1_400_000

def picture():
    at = libc.malloc(SIZE)
    ctypes.memset(at, 1, SIZE)
    return at

libc.free(picture())  # from here on glibc would put the next ones on its heap
before = resident()
pictures = [(picture(), libc.malloc(5000)) for _ in range(40)]
for at, _ in pictures:
    libc.free(at)
print((resident() - before) // SIZE)
"""


def kept(switch: str) -> int:
    """Pictures' worth of memory that stays although all were let go of."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, switch], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def test_what_is_let_go_of_is_given_back() -> None:
    assert kept("on") <= 2
    assert kept("off") > 20, "or else it is of no use here"
