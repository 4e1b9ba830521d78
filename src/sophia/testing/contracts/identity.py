"""What every `TokenVerifier` and every `TenantDirectory` keeps."""

import pytest

from sophia.domain.tenancy import Company, HandoffSetting, User
from sophia.errors import NotFound, Unauthenticated
from sophia.ports.identity import Claims, TenantDirectory, TokenVerifier

__all__ = ["TenantDirectoryContract", "TokenVerifierContract"]


class TokenVerifierContract:
    """Override ``verifier`` and ``valid``."""

    @pytest.fixture
    def verifier(self) -> TokenVerifier:
        """The verifier under test."""
        raise NotImplementedError

    @pytest.fixture
    def valid(self) -> dict[str, Claims]:
        """Tokens that are valid, at least two of different companies, with what they prove."""
        raise NotImplementedError

    def test_a_valid_token_proves_its_claims(self, verifier: TokenVerifier, valid: dict[str, Claims]) -> None:
        assert {token: verifier.verify(token) for token in valid} == valid
        assert len({claims.company_id for claims in valid.values()}) > 1

    @pytest.mark.parametrize("token", ["", " ", "nonsense", "ñ" * 100, "\ud800", "a.b.c", "x" * 100_000], ids=len)
    def test_anything_else_is_refused(self, verifier: TokenVerifier, token: str) -> None:
        with pytest.raises(Unauthenticated):
            verifier.verify(token)

    def test_a_token_changed_anywhere_is_refused(self, verifier: TokenVerifier, valid: dict[str, Claims]) -> None:
        for token in valid:
            for i, c in enumerate(token):
                changed = token[:i] + ("a" if c != "a" else "b") + token[i + 1 :]
                with pytest.raises(Unauthenticated):
                    verifier.verify(changed)
            with pytest.raises(Unauthenticated):
                verifier.verify(token[:-1])

    def test_a_refusal_does_not_say_the_token(self, verifier: TokenVerifier) -> None:
        with pytest.raises(Unauthenticated) as caught:
            verifier.verify("sup3rs3cr3t")
        assert "sup3rs3cr3t" not in str(caught.value)


class TenantDirectoryContract:
    """Override ``directory``: it holds the companies of ``tenants`` and no other."""

    tenants = (
        (
            Company("acme", "Acme", "es", HandoffSetting.AUTO, {"cortafuegos": ("firewall",)}),
            (User("ana", frozenset({"soc"})), User("luis", frozenset(), frozenset())),
        ),
        (Company("globex", "Globex", "en", HandoffSetting.OFF), (User("ana", frozenset({"it"})), User("grace"))),
    )

    @pytest.fixture
    def directory(self) -> TenantDirectory:
        """The directory under test."""
        raise NotImplementedError

    def test_lists_companies_in_a_stable_order(self, directory: TenantDirectory) -> None:
        assert directory.companies() == tuple(company for company, _ in self.tenants)
        assert directory.companies() == directory.companies()

    def test_finds_a_company(self, directory: TenantDirectory) -> None:
        for company, _ in self.tenants:
            assert directory.company(company.id) == company

    def test_finds_a_user_within_their_company(self, directory: TenantDirectory) -> None:
        for company, users in self.tenants:
            for user in users:
                assert directory.user(company.id, user.id) == user

    def test_tells_the_companies_of_a_user(self, directory: TenantDirectory) -> None:
        assert directory.companies_of("ana") == ("acme", "globex")
        assert directory.companies_of("luis") == ("acme",)
        for nobody in ("", "ANA", "acme", "service"):
            assert directory.companies_of(nobody) == ()

    @pytest.mark.parametrize("company_id", ["", "initech", "ACME", "acme ", "acme\0"])
    def test_an_unknown_company_is_not_found(self, directory: TenantDirectory, company_id: str) -> None:
        with pytest.raises(NotFound):
            directory.company(company_id)
        with pytest.raises(NotFound):
            directory.user(company_id, "ana")

    def test_another_companys_user_is_not_found(self, directory: TenantDirectory) -> None:
        with pytest.raises(NotFound):
            directory.user("acme", "grace")
        with pytest.raises(NotFound):
            directory.user("globex", "luis")
