import pytest

from sophia.adapters.demo_keys.verifier import DemoKeyVerifier, mint_demo_keys
from sophia.adapters.toml_directory.directory import TomlTenantDirectory
from sophia.ports.identity import Claims, TenantDirectory, TokenVerifier
from sophia.testing.contracts.identity import TenantDirectoryContract, TokenVerifierContract
from sophia.testing.fakes.identity import MemoryTenantDirectory, MemoryTokenVerifier

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
