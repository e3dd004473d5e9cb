"""The key by which push services know this installation, kept as the vault keeps its own."""

from __future__ import annotations

from pathlib import Path

from alerts.notify.vapid import VapidKey
from api.auth.vault import key_in
from api.errors import VaultError


def push_key_at(key_file: Path) -> VapidKey:
    """The key of a file, which is made when there is none. Raises `VaultError`.

    Browsers have subscribed for this very key: with another one every device must do so anew.
    """
    try:
        return VapidKey(key_in(key_file, VapidKey.fresh))
    except OSError as error:
        raise VaultError(f"{key_file}: key file unusable ({error.strerror})") from error
    except ValueError as error:
        raise VaultError(f"{key_file}: not a key; restore it from a backup") from error
