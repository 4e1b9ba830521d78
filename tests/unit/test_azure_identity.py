"""Who SOPHIA is to Azure: the unmodified credentials of its SDK, at an emulator of those who give out tokens."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from sophia import Sophia
from sophia.bootstrap.azure import open_identity
from sophia.bootstrap.settings_file import parse_settings
from sophia.errors import ConfigurationError
from sophia.testing.emulators.certificates import issue_certificates
from sophia.testing.emulators.entra import EntraEmulator, ServicePrincipal

SCOPE, RESOURCE = "https://vault.azure.net/.default", "https://vault.azure.net"
DIRECTORY, APP = "3f2a0000-0000-4000-8000-000000000000", "5c7d0000-0000-4000-8000-000000000000"
POD_TOKEN = "the-token-of-a-pod"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine of the tests knows of Azure is not asked."""
    for name in (
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_AUTHORITY_HOST",
        "IDENTITY_ENDPOINT",
        "MSI_ENDPOINT",
    ):
        monkeypatch.delenv(name, raising=False)


def identity(folder: Path, **azure: str) -> Any:
    return open_identity(parse_settings({"azure": azure}, folder))


def tokens(credential: Any, times: int = 3) -> list[str]:
    return [credential.get_token_info(SCOPE).token for _ in range(times)]


# The machine's own


def test_the_machines_identity_gives_a_token_that_is_used_until_it_ends(tmp_path, monkeypatch) -> None:
    with EntraEmulator() as imds:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", imds.url)
        given = tokens(identity(tmp_path))
        assert imds.given == {given[0]: RESOURCE}
        assert given == [given[0]] * 3
        assert len(imds.requests) == 1


def test_one_of_several_identities_is_chosen_by_its_id(tmp_path, monkeypatch) -> None:
    with EntraEmulator([ServicePrincipal(APP)]) as imds:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", imds.url)
        assert set(tokens(identity(tmp_path, client_id=APP))) == set(imds.given)
        with pytest.raises(ClientAuthenticationError):
            tokens(identity(tmp_path))


# A pod's, and a service principal's


@pytest.fixture
def directory(tmp_path) -> Iterator[EntraEmulator]:
    key = rsa.generate_private_key(65_537, 2048)
    write_certificate(tmp_path / "sophia.pem", key)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    known = [ServicePrincipal(APP, public, POD_TOKEN)]
    with EntraEmulator(known, DIRECTORY, tls=issue_certificates(tmp_path).server) as emulator:
        yield emulator


def write_certificate(path: Path, key: Any) -> None:
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sophia")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(0o600)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


def settings(directory: EntraEmulator, kind: str, **more: str) -> dict[str, str]:
    there = {"identity": kind, "client_id": APP, "tenant_id": DIRECTORY, "authority": directory.url}
    return {**there, "ca_file": "ca.pem", **more}


def test_a_service_principal_proves_itself_by_its_certificate(tmp_path, directory) -> None:
    given = tokens(identity(tmp_path, **settings(directory, "certificate", certificate="sophia.pem")))
    assert directory.given == {given[0]: RESOURCE}
    assert given == [given[0]] * 3


def test_a_certificate_that_is_not_registered_gives_nothing(tmp_path, directory) -> None:
    write_certificate(tmp_path / "other.pem", rsa.generate_private_key(65_537, 2048))
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        tokens(identity(tmp_path, **settings(directory, "certificate", certificate="other.pem")))


def test_a_pod_proves_itself_by_its_own_token(tmp_path, directory, monkeypatch) -> None:
    (tmp_path / "token").write_text(POD_TOKEN)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    given = tokens(identity(tmp_path, **settings(directory, "workload")))
    assert directory.given == {given[0]: RESOURCE}
    assert given == [given[0]] * 3


def test_no_token_is_asked_for_where_it_cannot_be_trusted(tmp_path, directory) -> None:
    untrusted = settings(directory, "certificate", certificate="sophia.pem", ca_file="")
    with pytest.raises(ClientAuthenticationError, match="CERTIFICATE_VERIFY_FAILED"):
        tokens(identity(tmp_path, **untrusted))
    assert directory.requests == []


# What cannot be


def test_a_key_that_others_may_read_is_not_used(tmp_path, directory) -> None:
    (tmp_path / "sophia.pem").chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        identity(tmp_path, **settings(directory, "certificate", certificate="sophia.pem"))


def test_what_is_no_certificate_is_not_shown(tmp_path, directory) -> None:
    write_certificate(tmp_path / "curve.pem", ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "text.pem").touch(0o600)
    (tmp_path / "text.pem").write_text("-----BEGIN canary")
    for name in ("curve.pem", "text.pem", "none.pem"):
        with pytest.raises(ConfigurationError, match="it needs `tenant_id`, `client_id`") as caught:
            identity(tmp_path, **settings(directory, "certificate", certificate=name))
        assert "canary" not in str(caught.value)


def test_a_pods_identity_where_there_is_no_pod(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="AZURE_FEDERATED_TOKEN_FILE"):
        identity(tmp_path, identity="workload")


def test_a_ca_file_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match=r"/azure/ca_file: there is no file .*ca\.pem"):
        identity(tmp_path, ca_file="ca.pem")


# What is taken for what


def test_any_login_there_is_serves_for_development_alone(tmp_path, directory, monkeypatch) -> None:
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    assert isinstance(identity(tmp_path, identity="development"), DefaultAzureCredential)
    for azure in ({}, settings(directory, "workload"), settings(directory, "certificate", certificate="sophia.pem")):
        assert not isinstance(identity(tmp_path, **azure), DefaultAzureCredential)


def test_a_process_has_one_identity(tmp_path) -> None:
    sophia = Sophia(parse_settings({}, tmp_path))
    assert sophia._adapters.identity() is sophia._adapters.identity()


def test_nothing_of_azure_is_loaded_unless_it_is_chosen(tmp_path) -> None:
    (tmp_path / "sophia.toml").write_text('[[companies]]\nid = "acme"\n')
    program = (
        "import sys; from sophia import Sophia; sophia = Sophia.from_settings('sophia.toml'); sophia.services; "
        "sophia.platform_vault.names(); print({'azure', 'msal'} & {name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_what_is_not_installed_is_named(tmp_path, monkeypatch) -> None:
    for name in [
        name for name in sys.modules if name.startswith(("sophia.adapters.azure", "sophia.adapters.key_vault"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "azure.core.credentials", None)
    chosen = parse_settings({"credentials": {"vault": "key-vault", "vault_url": "https://a.vault.azure.net"}}, tmp_path)
    with pytest.raises(ConfigurationError, match=r"pip install 'sophia\[azure\]'"):
        _ = Sophia(chosen).platform_vault
