"""Who we are to a push service: one key of the installation, and a signed word for each origin.

RFC 8292 (VAPID). Browsers bind a subscription to the public key: with another key they must
subscribe anew.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VALID_FOR = timedelta(hours=12)
"""Push services refuse more than 24 hours; half of it leaves room for a clock that is wrong."""
SCALAR_BYTES = 32


class VapidKey:
    """An ECDSA key on P-256. Thread-safe."""

    __slots__ = ("_key", "public")

    def __init__(self, private: bytes) -> None:
        """`private`: the scalar, 32 bytes. Raises `ValueError` when it is none."""
        if len(private) != SCALAR_BYTES:
            raise ValueError(f"a key has {SCALAR_BYTES} bytes")
        self._key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
        self.public = base64url(point(self._key.public_key()))
        """As browsers want it: `applicationServerKey`."""

    @staticmethod
    def fresh() -> bytes:
        """A new private key."""
        made = ec.generate_private_key(ec.SECP256R1())
        return made.private_numbers().private_value.to_bytes(SCALAR_BYTES, "big")

    def authorization(self, origin: str, now: datetime, contact: str = "") -> str:
        """The `Authorization` header of a request to that origin."""
        claims: dict[str, Any] = {"aud": origin, "exp": int((now + VALID_FOR).timestamp())}
        if contact:
            claims["sub"] = contact
        said = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
        r, s = decode_dss_signature(self._key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(SCALAR_BYTES, "big") + s.to_bytes(SCALAR_BYTES, "big")
        return f"vapid t={said}.{base64url(signature)}, k={self.public}"


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as an uncompressed point, 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def base64url(data: bytes) -> str:
    """Without padding, as everywhere in Web Push."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Raises `ValueError`."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(value: dict[str, Any]) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())
