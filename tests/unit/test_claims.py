"""What a token says of itself grants nothing: the directory decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.application.identity import SERVICE_USER, Authenticate, CredentialKind
from sophia.domain.tenancy import USUAL, Company, Permission, User
from sophia.errors import CompanyMismatch, CompanySuspended, PermissionDenied, Unauthenticated
from sophia.ports.identity import Claims
from sophia.testing.fakes.identity import MemoryTenantDirectory, MemoryTokenVerifier

companies = st.sampled_from(["acme", "globex", "initech"])
users = st.sampled_from(["ana", "luis", "zoe", SERVICE_USER])
members = st.builds(
    lambda *said: said, st.frozensets(st.sampled_from(Permission)), st.frozensets(st.sampled_from("ab"))
)
directories = st.dictionaries(companies, st.tuples(st.none() | st.just("unpaid"), st.dictionaries(users, members)))


@given(
    directories,
    st.none() | companies | st.just("nowhere"),
    st.none() | users | st.just("eve"),
    st.none() | users | st.just(SERVICE_USER),
)
def test_claims_never_grant(known, company, user, on_behalf_of) -> None:
    directory = MemoryTenantDirectory()
    for id_, (suspended, of_company) in known.items():
        listed = [User(name, groups, permissions) for name, (permissions, groups) in of_company.items()]
        directory.add(Company(id_, id_, suspended=suspended), *listed)
    tokens = MemoryTokenVerifier({"t": Claims(company, user)})
    authenticate = Authenticate(tokens, MemoryTokenVerifier({}), directory)
    try:
        scope = authenticate(CredentialKind.BEARER, "t", on_behalf_of)
    except CompanySuspended:
        assert any(suspended for suspended, _ in known.values())
        return
    except (PermissionDenied, Unauthenticated):
        return
    suspended, of_company = known[scope.company_id]
    assert suspended is None
    assert scope.company_id == company or list(directory.companies_of(scope.user_id)) == [scope.company_id]
    if scope.user_id == SERVICE_USER:
        assert user is None
        assert (scope.permissions, scope.groups) == (USUAL, frozenset())
    else:
        assert scope.user_id == (user or on_behalf_of)
        assert (scope.permissions, scope.groups) == of_company[scope.user_id]


def test_whoever_is_refused_for_what_their_token_says_is_told_so() -> None:
    directory = MemoryTenantDirectory()
    directory.add(Company("acme", "Acme"), User("ana"))
    tokens = MemoryTokenVerifier({"t": Claims("globex", "ana")})
    with pytest.raises(CompanyMismatch, match="company_id in the token"):
        Authenticate(tokens, MemoryTokenVerifier({}), directory)(CredentialKind.BEARER, "t")
