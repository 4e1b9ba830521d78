"""Signing what is to be believed later, and elsewhere."""

from typing import Protocol

__all__ = ["Signer"]


class Signer(Protocol):
    """Signs with a key of the platform's own, that is made when it is first needed."""

    def sign(self, data: bytes) -> bytes:
        """The signature of some bytes.

        Raises:
            Unavailable: the key cannot be had.
        """
        ...

    def public_key(self) -> str:
        """What signatures are checked with, for those who do: a text.

        Raises:
            NotFound: nothing was signed yet.
            Unavailable: as for ``sign``.
        """
        ...

    def is_signed(self, data: bytes, signature: bytes, public_key: str) -> bool:
        """Whether these bytes were signed by the key that belongs to a public key.

        Raises:
            InvalidInput: the public key is none.
        """
        ...
