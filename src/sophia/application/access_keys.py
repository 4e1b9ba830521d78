"""The access keys of a company's instance: made, taken over, revoked; and what one proves."""

import re
import time
from datetime import datetime, timedelta

from attrs import frozen

from sophia.domain.access_keys import KEY_BYTES, AccessKey, is_mistyped, key_digest, make_key
from sophia.domain.audit import AuditEvent
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import Permission, TenantScope
from sophia.errors import Fault, InvalidInput, Unauthenticated
from sophia.ports.access_keys import AccessKeys
from sophia.ports.identity import Claims, TenantDirectory, TokenVerifier
from sophia.ports.records import Records
from sophia.ports.system import Clock, Ids

__all__ = ["AccessKeyVerifier", "CreateKey", "CreatedKey", "ImportKey", "ListKeys", "RevokeKey"]

_REMEMBERED = 1.0
"""Seconds for which a key that was good is not looked up again; so long one that is revoked may still let in."""

_NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a key was last used."""

_DIGEST = re.compile("[0-9a-f]{64}")


class AccessKeyVerifier(TokenVerifier):
    """Tells whose service an access key is: one that is kept here, or that the directory knows the digest of."""

    def __init__(self, keys: AccessKeys, directory: TenantDirectory, clock: Clock) -> None:
        self._keys = keys
        self._directory = directory
        self._clock = clock
        self._good: dict[str, tuple[str, float]] = {}

    def verify(self, token: str) -> Claims:
        """See `TokenVerifier`."""
        if is_mistyped(token):
            raise Unauthenticated("the access key is not valid")
        digest = key_digest(token)
        company, until = self._good.get(digest, ("", 0.0))
        if time.monotonic() >= until:
            company = self._company(digest)
            self._good[digest] = company, time.monotonic() + _REMEMBERED
        return Claims(company)

    def _company(self, digest: str) -> str:
        self._good.pop(digest, None)
        key, now = self._keys.find(digest), self._clock.now()
        if key is None:
            company = self._directory.company_of_key(digest)
            if company is None:
                raise Unauthenticated("the access key is not valid")
            return company
        if not key.is_good(now):
            raise Unauthenticated("the access key is not valid")
        if key.last_used_at is None or now - key.last_used_at >= _NOTED_EVERY:
            self._keys.used(key, now)
        return key.company_id


@frozen
class CreatedKey:
    """A new key, shown this once."""

    key: AccessKey
    secret: Secret


class CreateKey:
    """Makes a key of ours."""

    def __init__(self, keys: AccessKeys, records: Records, clock: Clock, ids: Ids) -> None:
        self._keys = keys
        self._records = records
        self._clock = clock
        self._ids = ids

    def __call__(self, scope: TenantScope, expires_at: datetime | None = None) -> CreatedKey:
        """A new key of the company's.

        Raises:
            PermissionDenied: without the permission ``keys``.
            InvalidInput: it would have expired already.
        """
        scope.require(Permission.KEYS)
        now = self._clock.now()
        _check_expiry(expires_at, now)
        key_id, secret = make_key(self._ids.random(KEY_BYTES))
        key = AccessKey(key_id, scope.company_id, key_digest(secret.reveal()), now, expires_at)
        self._keys.add(scope, key)
        _record(self._records, scope, "key.created", key_id)
        return CreatedKey(key, secret)


class ImportKey:
    """Takes over a key that the backend has provisioned, by its digest."""

    def __init__(self, keys: AccessKeys, records: Records, clock: Clock, ids: Ids) -> None:
        self._keys = keys
        self._records = records
        self._clock = clock
        self._ids = ids

    def __call__(self, scope: TenantScope, digest: str, expires_at: datetime | None = None) -> AccessKey:
        """Let in whoever has the key of this SHA-256. The key has to have 128 random bits at least.

        Raises:
            PermissionDenied: without the permission ``keys``.
            InvalidInput: it is no SHA-256 in hexadecimal digits, or the key would have expired already.
            Conflict: the key is there already.
        """
        scope.require(Permission.KEYS)
        now = self._clock.now()
        _check_expiry(expires_at, now)
        if not _DIGEST.fullmatch(digest):
            raise InvalidInput(Fault("/digest", "expected a key of at least 22 characters, or its SHA-256"))
        key = AccessKey(self._ids.new("key"), scope.company_id, digest, now, expires_at)
        self._keys.add(scope, key)
        _record(self._records, scope, "key.imported", key.id)
        return key


class ListKeys:
    """The keys of the company."""

    def __init__(self, keys: AccessKeys) -> None:
        self._keys = keys

    def __call__(self, scope: TenantScope) -> tuple[AccessKey, ...]:
        """All of them, oldest first.

        Raises:
            PermissionDenied: without the permission ``keys``.
        """
        scope.require(Permission.KEYS)
        return self._keys.list(scope)


class RevokeKey:
    """Lets nobody in by a key any more."""

    def __init__(self, keys: AccessKeys, records: Records, clock: Clock) -> None:
        self._keys = keys
        self._records = records
        self._clock = clock

    def __call__(self, scope: TenantScope, key_id: str) -> AccessKey:
        """Revoke it, within a second in every process.

        Raises:
            PermissionDenied: without the permission ``keys``.
            NotFound: none, or another company's.
        """
        scope.require(Permission.KEYS)
        key = self._keys.revoke(scope, key_id, self._clock.now())
        _record(self._records, scope, "key.revoked", key_id)
        return key


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(Fault("/expires", "lies in the past"))


def _record(records: Records, scope: TenantScope, action: str, key_id: str) -> None:
    with records.write(scope) as tx:
        tx.audit.append(AuditEvent(action, key_id))
