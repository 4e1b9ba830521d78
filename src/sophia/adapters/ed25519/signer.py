"""A signer whose key is a secret in the platform's vault."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from sophia.domain.secrets import Secret
from sophia.errors import Fault, InvalidInput, NotFound, Unavailable
from sophia.ports.signer import Signer
from sophia.ports.vault import PlatformVault

__all__ = ["Ed25519Signer"]

_PLACE = ("audit", "checkpoint-key")


class Ed25519Signer(Signer):
    """Ed25519 (RFC 8032). The private key is kept as 32 bytes in base64; the public one is told as PEM (RFC 8410)."""

    def __init__(self, vault: PlatformVault) -> None:
        self._vault = vault

    def sign(self, data: bytes) -> bytes:
        """See `Signer`."""
        try:
            key = self._key()
        except NotFound:
            fresh = Ed25519PrivateKey.generate().private_bytes_raw()
            # Another process may make one at the same moment: one of the two is kept, and both sign with it.
            key = _read(self._vault.add(*_PLACE, Secret(base64.b64encode(fresh).decode())))
        return key.sign(data)

    def public_key(self) -> str:
        """See `Signer`."""
        public = self._key().public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def is_signed(self, data: bytes, signature: bytes, public_key: str) -> bool:
        """See `Signer`."""
        try:
            key = load_pem_public_key(public_key.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InvalidInput(Fault("/key", "expected a public key in PEM")) from error
        if not isinstance(key, Ed25519PublicKey):
            raise InvalidInput(Fault("/key", "expected a key of Ed25519"))
        try:
            key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def _key(self) -> Ed25519PrivateKey:
        return _read(self._vault.secret(*_PLACE))


def _read(secret: Secret) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.reveal(), validate=True))
    except (binascii.Error, ValueError) as error:
        raise Unavailable("vault", f"{'/'.join(_PLACE)} is no key of Ed25519: 32 bytes in base64") from error
