"""A push message that nobody but the browser can read: RFC 8291 over RFC 8188 (`aes128gcm`).

Written over `cryptography`, which the vault uses, too: it is thirty lines. The libraries for it
bring two HTTP clients along (pywebpush) or come as source alone (http-ece).
"""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alerts.notify.vapid import point

RECORD_BYTES = 4096
SALT_BYTES = 16
AUTH_BYTES = 16
POINT_BYTES = 65
LAST_RECORD = b"\x02"


def seal(
    plain: bytes,
    receiver: bytes,
    auth: bytes,
    *,
    to_length: int = 0,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push message, one record.

    `receiver` and `auth`: `p256dh` and `auth` of the subscription. Shorter texts are padded to
    `to_length`: their length tells nothing. Raises `ValueError` where the key is no point of the
    curve. Salt and sender's key are new each time; only a test gives them.
    """
    salt = salt or secrets.token_bytes(SALT_BYTES)
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    theirs = key_of(receiver)
    ours = point(sender.public_key())
    secret = sender.exchange(ec.ECDH(), theirs)
    keying = _hkdf(auth, secret, b"WebPush: info\0" + receiver + ours, 32)
    key = _hkdf(salt, keying, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, keying, b"Content-Encoding: nonce\0", 12)
    padded = plain + LAST_RECORD + bytes(max(0, to_length - len(plain)))
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return header + AESGCM(key).encrypt(nonce, padded, None)


def key_of(encoded: bytes) -> ec.EllipticCurvePublicKey:
    """A browser's public key. Raises `ValueError` where it is no point of the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), encoded)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
