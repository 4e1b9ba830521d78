"""What every `TokenVerifier`, every `WebhookVerifier` and every `TenantDirectory` keeps."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sophia.domain.tenancy import Company, HandoffSetting, User
from sophia.errors import NotFound, Unauthenticated
from sophia.ports.identity import Claims, TenantDirectory, TokenVerifier, WebhookVerifier

__all__ = ["Sign", "TenantDirectoryContract", "TokenVerifierContract", "WebhookVerifierContract"]

Sign = Callable[[str, bytes, datetime], dict[str, str]]
"""The headers with which a company's backend sends a body at a time."""


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


class WebhookVerifierContract:
    """Override ``verifier`` and ``sign``: the verifier knows ``acme`` and ``globex``, and no other company."""

    body = '{"version": 1, "note": "añadido"}'.encode()

    @pytest.fixture
    def verifier(self) -> WebhookVerifier:
        """The verifier under test."""
        raise NotImplementedError

    @pytest.fixture
    def sign(self) -> Sign:
        """What a company's backend does."""
        raise NotImplementedError

    def test_a_signed_message_passes(self, verifier: WebhookVerifier, sign: Sign) -> None:
        for company in ("acme", "globex"):
            verifier.verify(company, self.body, sign(company, self.body, datetime.now(UTC)))

    def test_the_names_of_headers_may_be_written_anyhow(self, verifier: WebhookVerifier, sign: Sign) -> None:
        headers = {name.title(): value for name, value in sign("acme", self.body, datetime.now(UTC)).items()}
        verifier.verify("acme", self.body, headers)

    def test_one_signature_of_several_is_enough(self, verifier: WebhookVerifier, sign: Sign) -> None:
        headers = sign("acme", self.body, datetime.now(UTC))
        others = "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= v1a,aGVsbG8="
        verifier.verify("acme", self.body, headers | {"webhook-signature": f"{others} {headers['webhook-signature']}"})

    @pytest.mark.parametrize("company", ["globex", "initech", "", "ACME", "acme\0", "../acme", "ñ"])
    def test_another_companys_signature_is_refused(self, verifier: WebhookVerifier, sign: Sign, company: str) -> None:
        headers = sign("acme", self.body, datetime.now(UTC))
        with pytest.raises(Unauthenticated):
            verifier.verify(company, self.body, headers)

    @pytest.mark.parametrize("minutes", [-6, 6, -60 * 24 * 365])
    def test_a_stale_message_and_one_from_the_future_are_refused(
        self, verifier: WebhookVerifier, sign: Sign, minutes: int
    ) -> None:
        headers = sign("acme", self.body, datetime.now(UTC) + timedelta(minutes=minutes))
        with pytest.raises(Unauthenticated):
            verifier.verify("acme", self.body, headers)

    def test_a_body_changed_anywhere_is_refused(self, verifier: WebhookVerifier, sign: Sign) -> None:
        headers = sign("acme", self.body, datetime.now(UTC))
        for i in range(len(self.body)):
            changed = self.body[:i] + bytes([self.body[i] ^ 1]) + self.body[i + 1 :]
            with pytest.raises(Unauthenticated):
                verifier.verify("acme", changed, headers)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("webhook-id", "another"),
            ("webhook-id", ""),
            ("webhook-timestamp", "1"),
            ("webhook-timestamp", "soon"),
            ("webhook-timestamp", "inf"),
            ("webhook-timestamp", "9" * 400),
            ("webhook-signature", ""),
            ("webhook-signature", "v1"),
            ("webhook-signature", "v1,"),
            ("webhook-signature", "v1,a,b"),
            ("webhook-signature", "v1,!!!"),
            ("webhook-signature", "v2,aGVsbG8="),
            ("webhook-signature", "v1,ñ\ud800"),
        ],
    )
    def test_a_header_that_is_another_is_refused(
        self, verifier: WebhookVerifier, sign: Sign, name: str, value: str
    ) -> None:
        headers = sign("acme", self.body, datetime.now(UTC))
        with pytest.raises(Unauthenticated):
            verifier.verify("acme", self.body, headers | {name: value})
        del headers[name]
        with pytest.raises(Unauthenticated):
            verifier.verify("acme", self.body, headers)

    def test_a_refusal_tells_nothing(self, verifier: WebhookVerifier, sign: Sign) -> None:
        said = set()
        signed = sign("acme", self.body, datetime.now(UTC))
        for company, headers in (("acme", {}), ("acme", signed | {"webhook-id": "x"}), ("initech", signed)):
            with pytest.raises(Unauthenticated) as caught:
                verifier.verify(company, self.body, headers)
            said.add(str(caught.value))
        assert len(said) == 1

    def test_what_is_no_text_is_refused(self, verifier: WebhookVerifier, sign: Sign) -> None:
        headers = sign("acme", self.body, datetime.now(UTC))
        with pytest.raises(Unauthenticated):
            verifier.verify("acme", b"\xff\xfe", headers)


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

    def test_it_answers(self, directory: TenantDirectory) -> None:
        directory.check()

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
