from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from sophia.adapters.backend.directory import RestTenantDirectory
from sophia.adapters.demo_keys.verifier import DemoKeyVerifier, mint_demo_keys
from sophia.adapters.standard_webhooks.verifier import StandardWebhookVerifier, mint_webhook_secrets
from sophia.adapters.toml_directory.directory import ReadFile, TomlTenantDirectory
from sophia.application.access_keys import AccessKeyVerifier, CreateKey, ImportKey
from sophia.application.credentials import CachedCredential
from sophia.domain.access_keys import key_digest
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import Company
from sophia.errors import Unavailable
from sophia.ports.identity import Claims, TenantDirectory, TokenVerifier, WebhookVerifier
from sophia.testing.contracts.identity import (
    Sign,
    TenantDirectoryContract,
    TokenVerifierContract,
    WebhookVerifierContract,
)
from sophia.testing.emulators.backend import BackendEmulator
from sophia.testing.fakes.access_keys import MemoryAccessKeys
from sophia.testing.fakes.identity import MemoryTenantDirectory, MemoryTokenVerifier
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.scopes import system_scope

_KEYS = mint_demo_keys(["acme", "globex"])
_SECRETS = mint_webhook_secrets(["acme", "globex"])


class TestMemoryTokenVerifier(TokenVerifierContract):
    @pytest.fixture
    def valid(self) -> dict[str, Claims]:
        return {"a" * 20: Claims("acme", "ana"), "g" * 20: Claims("globex")}

    @pytest.fixture
    def verifier(self, valid: dict[str, Claims]) -> TokenVerifier:
        return MemoryTokenVerifier(valid)


class TestDemoKeyVerifier(TokenVerifierContract):
    @pytest.fixture
    def valid(self) -> dict[str, Claims]:
        return {key: Claims(company) for company, key in _KEYS.items()}

    @pytest.fixture
    def verifier(self) -> TokenVerifier:
        return DemoKeyVerifier(_KEYS)


_CLOCK = FrozenClock()


def _keys() -> tuple[AccessKeyVerifier, dict[str, Claims]]:
    keys, records, ids = MemoryAccessKeys(), MemoryRecords(_CLOCK), SequentialIds()
    create = CreateKey(keys, records, _CLOCK, ids)
    import_ = ImportKey(keys, records, _CLOCK, ids)
    ours = {create(system_scope(id_)).secret.reveal(): Claims(id_) for id_ in ("acme", "globex")}
    import_(system_scope("globex"), key_digest("a key that the backend made"))
    directory = MemoryTenantDirectory()
    directory.add(Company("acme", "Acme", access_keys=frozenset({key_digest("another that the backend made")})))
    theirs = {"a key that the backend made": Claims("globex"), "another that the backend made": Claims("acme")}
    return AccessKeyVerifier(keys, directory, _CLOCK), ours | theirs


class TestAccessKeyVerifier(TokenVerifierContract):
    verifier_and_valid = _keys()

    @pytest.fixture
    def valid(self) -> dict[str, Claims]:
        return self.verifier_and_valid[1]

    @pytest.fixture
    def verifier(self) -> TokenVerifier:
        return self.verifier_and_valid[0]


class TestStandardWebhookVerifier(WebhookVerifierContract):
    @pytest.fixture
    def verifier(self) -> WebhookVerifier:
        return StandardWebhookVerifier(_SECRETS.get)

    @pytest.fixture
    def sign(self) -> Sign:
        def sign(company: str, body: bytes, at: datetime) -> dict[str, str]:
            signature = Webhook(_SECRETS[company]).sign("msg_1", at, body.decode())
            return {
                "webhook-id": "msg_1",
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": signature,
            }

        return sign

    def test_the_example_of_the_specifications_library_is_signed_alike(self) -> None:
        # https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py
        webhook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        at = datetime.fromtimestamp(1614265330).astimezone()
        signed = webhook.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
        assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    @pytest.mark.parametrize("secret", ["whsec_", "whsec_a"])
    def test_a_secret_that_is_none_is_no_fault_of_the_callers(self, sign: Sign, secret: str) -> None:
        with pytest.raises(Unavailable) as caught:
            StandardWebhookVerifier({"acme": secret}.get).verify("acme", b"{}", {})
        assert secret not in str(caught.value)


class TestMemoryTenantDirectory(TenantDirectoryContract):
    @pytest.fixture
    def directory(self) -> TenantDirectory:
        directory = MemoryTenantDirectory()
        for company, users in self.tenants:
            directory.add(company, *users)
        return directory


class TestRestTenantDirectory(TenantDirectoryContract):
    @pytest.fixture
    def directory(self) -> Iterator[TenantDirectory]:
        companies = {
            company.id: {
                "name": company.name,
                "language": company.language,
                "handoff": company.handoff,
                "users": {
                    user.id: {"groups": sorted(user.groups), "permissions": sorted(user.permissions)} for user in users
                },
            }
            for company, users in self.tenants
        }
        synonyms = {company.id: company.synonyms for company, _ in self.tenants}
        with BackendEmulator(companies=companies, token="t0ken") as backend:
            yield RestTenantDirectory(backend.url, CachedCredential(lambda: Secret("t0ken")), synonyms)


class TestTomlTenantDirectory(TenantDirectoryContract):
    @pytest.fixture
    def directory(self) -> TenantDirectory:
        return TomlTenantDirectory(self.tenants)


class TestRereadTomlTenantDirectory(TenantDirectoryContract):
    """One that began with nothing, and has read its file since."""

    @pytest.fixture
    def directory(self, tmp_path: Path) -> TenantDirectory:
        file = tmp_path / "sophia.toml"
        file.write_text("")
        directory = TomlTenantDirectory((), ReadFile.at(file), lambda _: self.tenants)
        file.write_text("# changed")
        return directory
