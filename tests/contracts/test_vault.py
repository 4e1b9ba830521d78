"""The suites of vaults, over the fakes, the files and Key Vault."""

import base64
import json
import logging
import multiprocessing
import pickle

import pytest
from attrs import evolve

from sophia.adapters.demo_keys.vault import DemoCredentialVault
from sophia.adapters.file_vault.vault import FileCredentialVault, VaultFile
from sophia.adapters.key_vault.vault import KeyVault
from sophia.domain.secrets import Secret
from sophia.errors import Unavailable
from sophia.testing.azure import StaticTokenCredential
from sophia.testing.contracts.vault import ACME, GLOBEX, CredentialVaultContract, PlatformVaultContract
from sophia.testing.emulators.certificates import issue_certificates
from sophia.testing.emulators.key_vault import KeyVaultEmulator
from sophia.testing.fakes.vault import MemoryCredentialVault, MemoryPlatformVault


class TestMemoryPlatformVault(PlatformVaultContract):
    @pytest.fixture
    def vault(self):
        return MemoryPlatformVault()


class TestMemoryCredentialVault(CredentialVaultContract):
    @pytest.fixture
    def vault(self):
        return MemoryCredentialVault()


class TestDemoCredentialVault(CredentialVaultContract):
    @pytest.fixture
    def vault(self):
        return DemoCredentialVault({}, MemoryCredentialVault())

    def test_what_passes_stands_before_what_is_kept_and_is_its_companys(self):
        vault = DemoCredentialVault({"acme": {"demo/token": Secret("passing")}}, MemoryCredentialVault())
        assert (vault.names(ACME), vault.names(GLOBEX)) == ((("demo", "token"),), ())
        vault.put(ACME, "demo", "token", Secret("kept"))
        vault.put(GLOBEX, "demo", "token", Secret("another"))
        assert vault.secret(ACME, "demo", "token").reveal() == "passing"
        assert vault.secret(GLOBEX, "demo", "token").reveal() == "another"
        assert vault.kept.secret(ACME, "demo", "token").reveal() == "kept"
        assert "passing" not in repr(vault)


class TestVaultFile(PlatformVaultContract):
    @pytest.fixture
    def vault(self, tmp_path):
        return VaultFile(tmp_path / "vaults" / "platform.vault", "platform", tmp_path / "keys" / "vault.key")

    def test_nothing_of_a_secret_stands_in_the_file(self, vault, tmp_path):
        vault.put("auth", "jwt-secret", Secret("a canary that sings"))
        for path in tmp_path.rglob("*"):
            if path.is_file():
                assert b"canary" not in path.read_bytes()
                assert b"jwt-secret" not in path.read_bytes()
                assert path.name == ".lock" or path.stat().st_mode & 0o077 == 0

    def test_any_change_of_the_file_shows(self, vault):
        vault.put("auth", "jwt-secret", Secret("value"))
        whole = vault.path.read_bytes()
        for i in range(len(whole)):
            vault.path.write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :])
            with pytest.raises(Unavailable):
                vault.secret("auth", "jwt-secret")
        for cut in (whole[:-1], whole[:9], b""):
            vault.path.write_bytes(cut)
            with pytest.raises(Unavailable):
                vault.put("auth", "other", Secret("value"))
        assert vault.path.read_bytes() == b""

    def test_a_key_that_others_may_use_is_refused(self, vault):
        vault.put("auth", "jwt-secret", Secret("value"))
        vault.key_file.chmod(0o640)
        with pytest.raises(Unavailable, match="chmod 600"):
            vault.secret("auth", "jwt-secret")

    def test_a_key_that_the_system_hands_over_shows_rights_of_the_group(self, vault):
        vault.put("auth", "jwt-secret", Secret("value"))
        handed_over = evolve(vault, is_handed_over=True)
        vault.key_file.chmod(0o440)
        assert handed_over.secret("auth", "jwt-secret").reveal() == "value"
        vault.key_file.chmod(0o444)
        with pytest.raises(Unavailable, match="chmod 600"):
            handed_over.secret("auth", "jwt-secret")

    @pytest.mark.parametrize("key", [b"", b"no base64!", base64.b64encode(b"short")])
    def test_a_key_that_is_none_is_refused(self, vault, key):
        vault.put("auth", "jwt-secret", Secret("value"))
        vault.key_file.write_bytes(key)
        with pytest.raises(Unavailable, match="holds no key"):
            vault.secret("auth", "jwt-secret")

    def test_a_lost_key_is_not_made_anew(self, vault):
        vault.put("auth", "jwt-secret", Secret("value"))
        vault.key_file.unlink()
        with pytest.raises(Unavailable, match="cannot be read"):
            vault.secret("auth", "jwt-secret")
        with pytest.raises(Unavailable):
            vault.put("auth", "other", Secret("value"))
        assert not vault.key_file.exists()

    def test_many_processes_that_write_lose_nothing(self, vault):
        with multiprocessing.get_context("spawn").Pool(4) as pool:
            pool.starmap(_put, [(vault.path, vault.key_file, n) for n in range(24)])
        assert len(vault.names()) == 24
        assert vault.secret("many", "n-17").reveal() == "value 17"


class TestFileCredentialVault(CredentialVaultContract):
    @pytest.fixture
    def vault(self, tmp_path):
        return FileCredentialVault(tmp_path / "vaults", tmp_path / "vault.key")

    def test_the_file_of_another_company_does_not_open(self, vault, tmp_path):
        vault.put(ACME, "splunk", "api", Secret("acme's"))
        vault.put(GLOBEX, "splunk", "api", Secret("globex's"))
        folder = tmp_path / "vaults"
        (folder / "company-acme.vault").write_bytes((folder / "company-globex.vault").read_bytes())
        with pytest.raises(Unavailable, match="another owner's"):
            vault.secret(ACME, "splunk", "api")

    def test_what_another_process_changed_shows_at_once(self, vault, tmp_path):
        vault.put(ACME, "splunk", "api", Secret("old"))
        FileCredentialVault(tmp_path / "vaults", tmp_path / "vault.key").put(ACME, "splunk", "api", Secret("new"))
        assert vault.secret(ACME, "splunk", "api").reveal() == "new"


@pytest.fixture
def key_vault(tmp_path):
    certificates = issue_certificates(tmp_path)
    with KeyVaultEmulator("a token".__eq__, certificates.server) as emulator:
        yield KeyVault(emulator.url, StaticTokenCredential("a token"), certificates.ca_file)


class TestKeyVaultPlatformVault(PlatformVaultContract):
    @pytest.fixture
    def vault(self, key_vault):
        return key_vault.platform


class TestKeyVaultCredentialVault(CredentialVaultContract):
    @pytest.fixture
    def vault(self, key_vault):
        return key_vault.companies


class TestSecret:
    def test_it_shows_nowhere(self, caplog):
        secret = Secret("canary")
        logging.getLogger("test").error("%s %r", secret, {"secret": secret})
        shown = [repr(secret), str(secret), f"{secret:>9}", "%s" % secret, f"{secret!r}", caplog.text]  # noqa: UP031
        shown += [json.dumps(secret, default=repr), repr([secret]), repr(vars(type(secret)))]
        shown.append(pickle.dumps(secret).decode("latin-1"))
        assert all("canary" not in text for text in shown)
        assert pickle.loads(pickle.dumps(secret)).reveal() == "***"
        with pytest.raises(TypeError):
            json.dumps(secret)

    def test_it_is_compared_by_value_and_has_no_hash(self):
        assert Secret("a") == Secret("a")
        assert Secret("a") != Secret("b")
        assert Secret("a") != "a"
        with pytest.raises(TypeError):
            hash(Secret("a"))


def _put(path, key_file, n):
    VaultFile(path, "platform", key_file).put("many", f"n-{n}", Secret(f"value {n}"))
