"""Vaults in encrypted files, one for each company and one for the platform.

A file is ``SOPHIAV1``, a nonce of 12 bytes and the secrets as JSON under AES-256-GCM (NIST SP 800-38D). Whose file it
is stands in the associated data, so that one company's file in another's place does not open. It is read at each use:
what is changed shows at once.
"""

import base64
import binascii
import json
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from filelock import FileLock

from sophia.domain.secrets import Secret, check_secret
from sophia.domain.tenancy import TenantScope
from sophia.errors import NotFound, Unavailable
from sophia.ports.vault import CredentialVault, PlatformVault

__all__ = ["FileCredentialVault", "VaultFile"]

_MAGIC = b"SOPHIAV1"
_NONCE_BYTES = 12
_KEY_BYTES = 32

Values = dict[str, str]


@frozen
class VaultFile(PlatformVault):
    """One vault in a file: the platform's, or within `FileCredentialVault` a company's.

    Attributes:
        owner: whose it is.
        key_file: the key in base64, in a file that only its user can read; made with the first secret, unless the
            system hands it over.
        is_handed_over: whether it does. The mode of systemd's credentials (systemd.exec(5), LoadCredential=) shows
            rights of the group: there stands the mask of the access list that lets the service in, and nobody else
            (https://github.com/systemd/systemd/issues/29435).
    """

    path: Path
    owner: str
    key_file: Path
    is_handed_over: bool = False

    def secret(self, category: str, name: str) -> Secret:
        """See `PlatformVault`."""
        found = self._read().get(f"{category}/{name}")
        if found is None:
            raise NotFound("credential", f"{category}/{name}")
        return Secret(found)

    def put(self, category: str, name: str, secret: Secret) -> None:
        """See `PlatformVault`."""
        check_secret(category, name, secret)
        self._change(lambda values: values.update({f"{category}/{name}": secret.reveal()}))

    def add(self, category: str, name: str, secret: Secret) -> Secret:
        """See `PlatformVault`."""
        check_secret(category, name, secret)
        place, kept = f"{category}/{name}", secret.reveal()

        def add(values: Values) -> None:
            nonlocal kept
            kept = values.setdefault(place, kept)

        self._change(add)
        return Secret(kept)

    def names(self) -> tuple[tuple[str, str], ...]:
        """See `PlatformVault`."""
        return tuple((category, name) for category, _, name in (key.partition("/") for key in sorted(self._read())))

    def _read(self) -> Values:
        """All secrets; none where there is no file."""
        try:
            stored = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _closed(f"{self.path} cannot be read: {error.strerror}") from error
        nonce, sealed = stored[len(_MAGIC) :][:_NONCE_BYTES], stored[len(_MAGIC) + _NONCE_BYTES :]
        if not stored.startswith(_MAGIC) or not sealed:
            raise _closed(f"{self.path} is no vault")
        try:
            opened = AESGCM(self._key()).decrypt(nonce, sealed, self._bound_to())
        except InvalidTag as error:
            detail = f"{self.path} does not open: it was changed, is another owner's, or {self.key_file} is not its key"
            raise _closed(detail) from error
        values: Values = json.loads(opened)
        return values

    def _change(self, change: Callable[[Values], None]) -> None:
        """Write all secrets anew; whoever reads meanwhile has the old ones or the new ones."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self.path.parent / ".lock"):
                values = self._read()
                self._make_key()
                change(values)
                nonce = secrets.token_bytes(_NONCE_BYTES)
                sealed = AESGCM(self._key()).encrypt(nonce, json.dumps(values).encode(), self._bound_to())
                fresh = self.path.with_name(f"{self.path.name}.new")
                _write(fresh, _MAGIC + nonce + sealed, os.O_TRUNC)
                fresh.replace(self.path)
        except OSError as error:
            raise _closed(f"{self.path} cannot be written: {error.strerror}") from error

    def _bound_to(self) -> bytes:
        return _MAGIC + self.owner.encode()

    def _make_key(self) -> None:
        # Where a vault is there already, its key is lost: another would only hide that.
        if not self.key_file.exists() and not any(self.path.parent.glob("*.vault")):
            self.key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(self.key_file, base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n", os.O_EXCL)

    def _key(self) -> bytes:
        try:
            with self.key_file.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                key = base64.b64decode(file.read().strip(), validate=True)
        except OSError as error:
            raise _closed(f"its key {self.key_file} cannot be read: {error.strerror}") from error
        except binascii.Error:
            key = b""
        if mode & (stat.S_IRWXO if self.is_handed_over else stat.S_IRWXG | stat.S_IRWXO):
            raise _closed(f"others may use its key {self.key_file}; take that right away (chmod 600)")
        if len(key) != _KEY_BYTES:
            raise _closed(f"{self.key_file} holds no key: {_KEY_BYTES} bytes in base64 are expected")
        return key


class FileCredentialVault(CredentialVault):
    """Each company's secrets in a file of its own, all under one key."""

    def __init__(self, folder: Path, key_file: Path, *, is_handed_over: bool = False) -> None:
        self._folder = folder
        self._key_file = key_file
        self._is_handed_over = is_handed_over

    def secret(self, scope: TenantScope, category: str, name: str) -> Secret:
        """See `CredentialVault`."""
        return self._of(scope).secret(category, name)

    def put(self, scope: TenantScope, category: str, name: str, secret: Secret) -> None:
        """See `CredentialVault`."""
        self._of(scope).put(category, name, secret)

    def names(self, scope: TenantScope) -> tuple[tuple[str, str], ...]:
        """See `CredentialVault`."""
        return self._of(scope).names()

    def _of(self, scope: TenantScope) -> VaultFile:
        name = f"company-{quote(scope.company_id, safe='')}.vault"
        return VaultFile(self._folder / name, f"company:{scope.company_id}", self._key_file, self._is_handed_over)


def _write(path: Path, content: bytes, how: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _closed(detail: str) -> Unavailable:
    return Unavailable("vault", detail)
