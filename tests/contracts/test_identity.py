import pytest

from sophia.adapters.demo_keys.verifier import DemoKeyVerifier, mint_demo_keys
from sophia.adapters.toml_directory.directory import TomlTenantDirectory
from sophia.application.access_keys import AccessKeyVerifier, CreateKey, ImportKey
from sophia.domain.access_keys import key_digest
from sophia.domain.tenancy import Company
from sophia.ports.identity import Claims, TenantDirectory, TokenVerifier
from sophia.testing.contracts.identity import TenantDirectoryContract, TokenVerifierContract
from sophia.testing.fakes.access_keys import MemoryAccessKeys
from sophia.testing.fakes.identity import MemoryTenantDirectory, MemoryTokenVerifier
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.scopes import system_scope

_KEYS = mint_demo_keys(["acme", "globex"])


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


class TestMemoryTenantDirectory(TenantDirectoryContract):
    @pytest.fixture
    def directory(self) -> TenantDirectory:
        directory = MemoryTenantDirectory()
        for company, users in self.tenants:
            directory.add(company, *users)
        return directory


class TestTomlTenantDirectory(TenantDirectoryContract):
    @pytest.fixture
    def directory(self) -> TenantDirectory:
        return TomlTenantDirectory(self.tenants)
