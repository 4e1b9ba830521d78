"""The keys by which a backend's services speak to a company's instance.

A key of ours reads ``sph_<id>_<secret><checksum>`` in base62: the checksum tells a mistyped key without a look at what
is stored. A backend may have provisioned another, opaque one. Of either only the SHA-256 is kept: they are random, so
that nothing slower is needed.
"""

import hashlib
import re
from datetime import datetime
from zlib import crc32

from attrs import field, frozen

from sophia.domain.secrets import Secret

__all__ = ["KEY_BYTES", "AccessKey", "is_mistyped", "key_digest", "make_key"]

KEY_BYTES = 8 + 24
"""Random bytes that a key is made of: its id's and its secret's."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_BYTES = 8
_ID_LENGTH, _SECRET_LENGTH, _CHECKSUM_LENGTH = 11, 33, 6
_OURS = re.compile(f"sph_[0-9A-Za-z]{{{_ID_LENGTH}}}_[0-9A-Za-z]{{{_SECRET_LENGTH + _CHECKSUM_LENGTH}}}")


@frozen
class AccessKey:
    """What is kept of a key.

    Attributes:
        id: names it, for people and in the audit trail; tells nothing of the key.
        digest: SHA-256 of the key.
        expires_at: None: never.
    """

    id: str
    company_id: str
    digest: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether whoever has the key may come in."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def make_key(random: bytes) -> tuple[str, Secret]:
    """The id and the key that `KEY_BYTES` random bytes make."""
    key_id = _base62(random[:_ID_BYTES], _ID_LENGTH)
    body = f"sph_{key_id}_{_base62(random[_ID_BYTES:], _SECRET_LENGTH)}"
    return key_id, Secret(body + _checksum(body))


def is_mistyped(key: str) -> bool:
    """Whether a text sets out to be a key of ours and is none."""
    if not key.startswith("sph_"):
        return False
    return not _OURS.fullmatch(key) or _checksum(key[:-_CHECKSUM_LENGTH]) != key[-_CHECKSUM_LENGTH:]


def key_digest(key: str) -> str:
    """What a key is found by: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def _checksum(body: str) -> str:
    return _base62(crc32(body.encode()).to_bytes(4), _CHECKSUM_LENGTH)


def _base62(value: bytes, length: int) -> str:
    number, digits = int.from_bytes(value), ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
