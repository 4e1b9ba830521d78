"""Secrets: values that show nowhere by accident."""

import hmac
import re
from typing import NoReturn

from sophia.errors import Fault, InvalidInput

__all__ = ["Secret", "check_secret"]

_MASK = "***"

_NAME = re.compile("[a-z0-9-]{1,60}")
_MOST_CHARACTERS = 16_384


class Secret:
    """A value that only `reveal` gives away: printed, logged, formatted, pickled or put in JSON it reads ``***``."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value, for whoever sends it to the system that it is for."""
        return self.__value

    def __repr__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        return Secret, (_MASK,)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    def __hash__(self) -> NoReturn:
        raise TypeError("a secret is no key: its hash would tell of it")


def check_secret(category: str, name: str, secret: Secret) -> None:
    """Pass when this can be kept in a vault.

    Raises:
        InvalidInput: the category, the name or the secret cannot; each fault is named, no value.
    """
    faults = [
        Fault(f"/{key}", "expected 1 to 60 characters of a-z, 0-9 and -")
        for key, value in (("category", category), ("name", name))
        if not _NAME.fullmatch(value)
    ]
    value = secret.reveal()
    if not 1 <= len(value) <= _MOST_CHARACTERS or not value.isprintable() or not value.isascii():
        faults.append(Fault("/secret", f"expected one line of 1 to {_MOST_CHARACTERS} ASCII characters"))
    if faults:
        raise InvalidInput(*faults)
