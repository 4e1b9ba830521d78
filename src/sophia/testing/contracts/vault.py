"""What every vault keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sophia.domain.secrets import Secret
from sophia.errors import InvalidInput, NotFound
from sophia.ports.vault import CredentialVault, PlatformVault
from sophia.testing.scopes import system_scope, user_scope

__all__ = ["CredentialVaultContract", "PlatformVaultContract"]

ACME, GLOBEX = system_scope("acme"), system_scope("globex")


class PlatformVaultContract:
    """Override ``vault``: an empty one."""

    @pytest.fixture
    def vault(self) -> PlatformVault:
        """The vault under test."""
        raise NotImplementedError

    def test_what_is_put_is_found_and_can_be_changed(self, vault: PlatformVault) -> None:
        assert vault.names() == ()
        vault.put("auth", "jwt-secret", Secret("one"))
        vault.put("auth", "other", Secret("two words"))
        vault.put("auth", "jwt-secret", Secret("three"))
        assert vault.secret("auth", "jwt-secret").reveal() == "three"
        assert vault.secret("auth", "other").reveal() == "two words"
        assert vault.names() == (("auth", "jwt-secret"), ("auth", "other"))

    def test_what_is_added_stands_in_for_nothing(self, vault: PlatformVault) -> None:
        assert vault.add("audit", "key", Secret("one")).reveal() == "one"
        assert vault.add("audit", "key", Secret("two")).reveal() == "one"
        assert vault.secret("audit", "key").reveal() == "one"
        with pytest.raises(InvalidInput):
            vault.add("audit", "a/b", Secret("one"))

    def test_all_who_add_at_once_are_given_the_same(self, vault: PlatformVault) -> None:
        with ThreadPoolExecutor(8) as threads:
            given = list(threads.map(lambda n: vault.add("audit", "key", Secret(f"of {n}")).reveal(), range(32)))
        assert set(given) == {vault.secret("audit", "key").reveal()}

    @pytest.mark.parametrize(("category", "name"), [("auth", "none"), ("none", "jwt-secret"), ("", ""), ("a/b", "c")])
    def test_what_is_not_there_is_not_found(self, vault: PlatformVault, category: str, name: str) -> None:
        vault.put("auth", "jwt-secret", Secret("one"))
        with pytest.raises(NotFound) as caught:
            vault.secret(category, name)
        assert (caught.value.kind, caught.value.id) == ("credential", f"{category}/{name}")

    @pytest.mark.parametrize("wrong", ["", "Upper", "a/b", "a b", "ñ", "a" * 61, "a\n"])
    def test_a_name_that_is_none_is_refused(self, vault: PlatformVault, wrong: str) -> None:
        for category, name in ((wrong, "name"), ("category", wrong)):
            with pytest.raises(InvalidInput):
                vault.put(category, name, Secret("value"))
        assert vault.names() == ()

    @pytest.mark.parametrize("wrong", ["", "two\nlines", "\0", "ñ", "x" * 16_385])
    def test_a_value_that_is_none_is_refused_and_not_told(self, vault: PlatformVault, wrong: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            vault.put("auth", "name", Secret(wrong))
        assert not wrong or wrong not in str(caught.value)


class CredentialVaultContract:
    """Override ``vault``: an empty one."""

    @pytest.fixture
    def vault(self) -> CredentialVault:
        """The vault under test."""
        raise NotImplementedError

    def test_each_company_has_its_own(self, vault: CredentialVault) -> None:
        vault.put(ACME, "splunk", "api", Secret("acme's"))
        vault.put(GLOBEX, "splunk", "api", Secret("globex's"))
        vault.put(GLOBEX, "grafana", "api", Secret("more"))
        assert vault.secret(ACME, "splunk", "api").reveal() == "acme's"
        assert vault.secret(user_scope("globex", "ana"), "splunk", "api").reveal() == "globex's"
        assert vault.names(ACME) == (("splunk", "api"),)
        with pytest.raises(NotFound):
            vault.secret(ACME, "grafana", "api")

    def test_companies_whose_names_are_alike_are_not_one(self, vault: CredentialVault) -> None:
        alike = ("acme", "ACME", "acme/", "../acme", "acme.", "acme%2F", "platform", "acme\u0301")
        for company in alike:
            vault.put(system_scope(company), "splunk", "api", Secret(f"of {company.encode()!r}"))
        for company in alike:
            assert vault.secret(system_scope(company), "splunk", "api").reveal() == f"of {company.encode()!r}"
