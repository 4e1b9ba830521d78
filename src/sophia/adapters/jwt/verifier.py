"""What a JSON Web Token proves (RFC 7519, with the advice of RFC 8725)."""

from collections.abc import Collection
from typing import Any

import jwt
from attrs import frozen
from jwt.api_jws import PyJWS
from jwt.utils import base64url_decode, base64url_encode

from sophia.adapters.jwt.keys import SigningKeys
from sophia.errors import Unauthenticated
from sophia.ports.identity import Claims, TokenVerifier

__all__ = ["JwtRules", "JwtVerifier", "signed_content"]

_MOST_CHARACTERS = 16_384
_LONGEST_ID = 200

_LEEWAY = 30
"""Seconds that two clocks may differ."""

_signatures = PyJWS()


@frozen
class JwtRules:
    """Which tokens are taken.

    Attributes:
        algorithms: of signatures; each key is good for its own alone.
        issuer, audience: what ``iss`` and ``aud`` have to say exactly; empty: they are not looked at.
    """

    algorithms: tuple[str, ...]
    issuer: str = ""
    audience: str = ""


class JwtVerifier(TokenVerifier):
    """Takes tokens that are signed by a key of ours, have not expired and name their user in ``sub``.

    What a token says of where its key is found (``jku``, ``jwk``, ``x5u``) is not looked at.
    """

    def __init__(self, rules: JwtRules, keys: SigningKeys) -> None:
        self._rules = rules
        self._keys = keys

    def verify(self, token: str) -> Claims:
        """See `TokenVerifier`.

        Raises:
            Unavailable: where the keys are to be had does not answer.
        """
        try:
            header = jwt.get_unverified_header(token) if len(token) <= _MOST_CHARACTERS else {}
            self._check_signature(token, header.get("kid"))
            said = self._claims(token)
        except (jwt.PyJWTError, UnicodeError, ValueError, TypeError) as error:
            raise _refused() from error
        user, company = said["sub"], said.get("company_id")
        if not isinstance(user, str) or not 1 <= len(user) <= _LONGEST_ID:
            raise _refused()
        if company is not None and not isinstance(company, str):
            raise _refused()
        return Claims(company, user)

    def _check_signature(self, token: str, key_id: object) -> None:
        for key in self._keys.find(key_id):
            try:
                signed_content(token, key, self._rules.algorithms)
            except jwt.InvalidSignatureError:
                continue
            return
        raise jwt.InvalidSignatureError

    def _claims(self, token: str) -> dict[str, Any]:
        """What a token says that was verified just before; only its claims are looked at here."""
        rules = self._rules
        claims: dict[str, Any] = jwt.decode(
            token,
            issuer=rules.issuer or None,
            audience=rules.audience or None,
            leeway=_LEEWAY,
            options={
                "verify_signature": False,
                "require": ["exp", "sub", *(["iss"] if rules.issuer else []), *(["aud"] if rules.audience else [])],
                "verify_exp": True,
                "verify_nbf": True,
                "verify_iat": True,
                "verify_iss": bool(rules.issuer),
                "verify_aud": bool(rules.audience),
            },
        )
        return claims


def signed_content(token: str, key: jwt.PyJWK, algorithms: Collection[str]) -> bytes:
    """What a compact JWS (RFC 7515) signs.

    Raises:
        jwt.PyJWTError: it is no such thing, its signature is not this key's, or its algorithm is not the key's or none
            of these; the key is for something else; or it has a critical header that nobody understands.
    """
    said = key._jwk_data  # noqa: SLF001 -- PyJWT offers `use` alone
    if said.get("use", "sig") != "sig" or "verify" not in said.get("key_ops", ["verify"]):
        # RFC 7517, sections 4.2 and 4.3.
        raise jwt.InvalidKeyError("the key is not for signatures")
    if any(base64url_encode(base64url_decode(part)).decode() != part for part in token.split(".")):
        # RFC 7515, section 2: there is one way to write each token, with nothing added and no bit that says nothing.
        raise jwt.InvalidTokenError("it is not in base64url")
    content = _signatures.decode_complete(token, key, algorithms=list(algorithms))
    if "b64" in content["header"]:
        # RFC 7797, section 7: not in a JWT.
        raise jwt.InvalidTokenError("its content is not encoded")
    payload: bytes = content["payload"]
    return payload


def _refused() -> Unauthenticated:
    # Which part was wrong is told to nobody.
    return Unauthenticated("the token is not valid")
