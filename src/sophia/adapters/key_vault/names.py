"""The names that secrets have in Key Vault: 1 to 127 of ``0-9A-Za-z-``, where case makes no difference.

``sophia--COMPANY--CATEGORY--NAME`` for a company's, ``sophia-platform--CATEGORY--NAME`` for the platform's. A part of
lower-case letters, digits and single hyphens between them stands as it is. Any other is its UTF-8 in base32 (RFC 4648,
section 6; lower case, no padding) behind a hyphen more: the company ``ACME`` is ``sophia---ifbu2ri--…``. No two places
have one name, whatever they are called.

Source: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning
"""

import base64
import binascii
import re

from sophia.errors import Fault, InvalidInput

__all__ = ["place_of", "secret_name"]

_MOST_CHARACTERS = 127
_OF_A_COMPANY, _OF_THE_PLATFORM = "sophia", "sophia-platform"
_PLAIN = "[a-z0-9]+(?:-[a-z0-9]+)*"
_PART = re.compile(f"--(?:({_PLAIN})|-([a-z2-7]+))")


def secret_name(company_id: str | None, category: str, name: str) -> str:
    """What a secret is called there.

    Args:
        company_id: whose it is; None: the platform's.
        category: as the vault's port has it.
        name: likewise.

    Raises:
        InvalidInput: it would be too long.
    """
    parts = (category, name) if company_id is None else (company_id, category, name)
    stored = (_OF_THE_PLATFORM if company_id is None else _OF_A_COMPANY) + "".join(map(_written, parts))
    if not all(parts) or len(stored) > _MOST_CHARACTERS:
        told = f"in Key Vault its name has {len(stored)} characters, and {_MOST_CHARACTERS} fit"
        raise InvalidInput(Fault("/name", f"{told}: shorten the name, the category or the company's id"))
    return stored


def place_of(company_id: str | None, stored: str) -> tuple[str, str] | None:
    """Category and name of a secret of this owner's; None where it is another's, or nothing of SOPHIA's."""
    stored = stored.lower()
    begin = _OF_THE_PLATFORM if company_id is None else _OF_A_COMPANY + _written(company_id)
    parts = [_read(plain, coded) for plain, coded in _PART.findall(stored.removeprefix(begin))]
    match parts:
        case [str(category), str(name)] if category and name and secret_name(company_id, category, name) == stored:
            return category, name
    return None


def _written(part: str) -> str:
    if re.fullmatch(_PLAIN, part):
        return f"--{part}"
    return "---" + base64.b32encode(part.encode()).decode().lower().rstrip("=")


def _read(plain: str, coded: str) -> str | None:
    if not coded:
        return plain
    try:
        return base64.b32decode(coded.upper() + "=" * (-len(coded) % 8)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
