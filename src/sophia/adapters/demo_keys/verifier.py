"""Ephemeral keys of the demo."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from sophia.errors import Unauthenticated
from sophia.ports.identity import Claims, TokenVerifier

__all__ = ["DemoKeyVerifier", "mint_demo_keys"]


def mint_demo_keys(company_ids: Iterable[str]) -> dict[str, str]:
    """A fresh key of 128 random bits for each company."""
    return {company_id: f"demo_{secrets.token_hex(16)}" for company_id in company_ids}


class DemoKeyVerifier(TokenVerifier):
    """Knows the keys of one start of the demo, by company. Each is a service's key: it may name a user."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._companies = {_digest(key): company_id for company_id, key in keys.items()}

    def verify(self, token: str) -> Claims:
        """The company that the key belongs to; compared by digest, in constant time."""
        given = _digest(token)
        found = [company for digest, company in self._companies.items() if hmac.compare_digest(digest, given)]
        if not found:
            raise Unauthenticated("the access key is not valid")
        return Claims(found[0])


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()
