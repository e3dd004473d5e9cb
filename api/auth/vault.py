"""Keeps camera addresses, which hold passwords, encrypted at rest (AES-256-GCM)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.errors import VaultError
from ingest.camera import CameraId, StreamUrl

KEY_BYTES = 32
NONCE_BYTES = 12


class Vault:
    """Seals and opens camera addresses. What was sealed for one camera opens for no other."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def at(cls, key_file: Path) -> Self:
        """Open the vault of a key file, creating the file (mode 0600) when there is none."""
        try:
            return cls(key_in(key_file, lambda: secrets.token_bytes(KEY_BYTES)))
        except OSError as error:
            raise VaultError(f"{key_file}: key file unusable ({error.strerror})") from error

    def seal(self, url: StreamUrl, camera: CameraId) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, url.reveal().encode(), camera.encode())

    def open(self, sealed: bytes, camera: CameraId) -> StreamUrl:
        """The address that was sealed for `camera`. Raises `VaultError`."""
        try:
            text = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], camera.encode())
        except (InvalidTag, ValueError) as error:
            raise VaultError(
                f"the address of camera {camera} was not sealed with this key file; "
                "restore the key file that belongs to this database"
            ) from error
        return StreamUrl.parse(text.decode())

    def seal_text(self, text: str, owner: str) -> bytes:
        """Any other secret: an endpoint's address, a signing key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), f"text {owner}".encode())

    def open_text(self, sealed: bytes, owner: str) -> str:
        """The text that was sealed for `owner`. Raises `VaultError`."""
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, text, f"text {owner}".encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise VaultError(
                f"the secret of {owner} was not sealed with this key file; "
                "restore the key file that belongs to this database"
            ) from error


def key_in(key_file: Path, fresh_key: Callable[[], bytes]) -> bytes:
    """The key of a file, which is created (mode 0600) when there is none.

    Raises `OSError`; `VaultError` when it holds no key.
    """
    key_file.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked into place, so that two starts at once agree on one whole key.
    fresh = key_file.with_name(f".{key_file.name}.{secrets.token_hex(8)}")
    if not key_file.exists():
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, fresh_key())
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            os.link(fresh, key_file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    key = key_file.read_bytes()
    if len(key) != KEY_BYTES:
        raise VaultError(f"{key_file}: not a key of {KEY_BYTES} bytes; restore it from a backup")
    return key
