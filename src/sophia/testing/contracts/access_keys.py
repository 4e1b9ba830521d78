"""What every `AccessKeys` keeps."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from sophia.domain.access_keys import KEY_BYTES, AccessKey, key_digest, make_key
from sophia.errors import CompanyMismatch, Conflict, NotFound
from sophia.ports.access_keys import AccessKeys
from sophia.testing.scopes import system_scope

__all__ = ["AccessKeysContract"]

ACME, GLOBEX = system_scope("acme"), system_scope("globex")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class AccessKeysContract:
    """Override ``keys``: empty ones."""

    @pytest.fixture
    def keys(self) -> AccessKeys:
        """The keys under test."""
        raise NotImplementedError

    def key(self, number: int, company_id: str = "acme") -> AccessKey:
        """A key that is not kept yet."""
        key_id, key = make_key(bytes([number]) * KEY_BYTES)
        return AccessKey(key_id, company_id, key_digest(key.reveal()), NOW + timedelta(seconds=number))

    def test_a_key_is_found_by_its_digest(self, keys: AccessKeys) -> None:
        for number, scope in ((1, ACME), (2, GLOBEX)):
            key = evolve(self.key(number, scope.company_id), expires_at=NOW + timedelta(days=number))
            keys.add(scope, key)
            assert keys.find(key.digest) == key
        for digest in ("", self.key(3).digest, self.key(1).id):
            assert keys.find(digest) is None

    def test_each_company_lists_its_own_oldest_first(self, keys: AccessKeys) -> None:
        for number in (2, 1, 3):
            keys.add(ACME, self.key(number))
        keys.add(GLOBEX, self.key(4, "globex"))
        assert keys.list(ACME) == tuple(self.key(number) for number in (1, 2, 3))
        assert keys.list(GLOBEX) == (self.key(4, "globex"),)

    def test_a_key_is_added_once(self, keys: AccessKeys) -> None:
        keys.add(ACME, self.key(1))
        for scope, twin in (
            (ACME, self.key(1)),
            (GLOBEX, evolve(self.key(1, "globex"), id="another")),
            (ACME, evolve(self.key(2), id=self.key(1).id)),
        ):
            with pytest.raises(Conflict):
                keys.add(scope, twin)
        assert keys.list(GLOBEX) == ()

    def test_a_key_of_another_company_is_not_added(self, keys: AccessKeys) -> None:
        with pytest.raises(CompanyMismatch):
            keys.add(GLOBEX, self.key(1))

    def test_a_key_is_revoked_once_and_for_all(self, keys: AccessKeys) -> None:
        keys.add(ACME, self.key(1))
        revoked = evolve(self.key(1), revoked_at=NOW)
        assert keys.revoke(ACME, self.key(1).id, NOW) == revoked
        assert keys.revoke(ACME, self.key(1).id, NOW + timedelta(days=1)) == revoked
        assert keys.find(self.key(1).digest) == revoked

    def test_a_foreign_key_reads_like_none_at_all(self, keys: AccessKeys) -> None:
        keys.add(ACME, self.key(1))
        for key_id in (self.key(1).id, "none"):
            with pytest.raises(NotFound) as caught:
                keys.revoke(GLOBEX, key_id, NOW)
            assert (caught.value.kind, caught.value.id) == ("access key", key_id)
        assert keys.list(ACME) == (self.key(1),)

    def test_it_notes_when_a_key_was_used(self, keys: AccessKeys) -> None:
        keys.add(ACME, self.key(1))
        keys.used(self.key(1), NOW)
        keys.used(self.key(2), NOW)
        keys.used(evolve(self.key(1), company_id="globex"), NOW + timedelta(days=1))
        assert keys.list(ACME) == (evolve(self.key(1), last_used_at=NOW),)
