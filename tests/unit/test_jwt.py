"""JSON Web Tokens: whose they are, and every way in which they are not."""

import hmac
import json
import time
from pathlib import Path

import jwt
import pytest
from attrs import evolve
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from sophia.adapters.jwt.keys import JwksKeys, SharedSecret
from sophia.adapters.jwt.verifier import JwtRules, JwtVerifier, signed_content
from sophia.application.credentials import Credentials
from sophia.domain.secrets import Secret
from sophia.errors import ConfigurationError, Unauthenticated, Unavailable
from sophia.ports.identity import Claims
from sophia.testing.contracts.identity import TokenVerifierContract
from sophia.testing.emulators.server import LoopbackServer
from sophia.testing.fakes.vault import MemoryCredentialVault, MemoryPlatformVault

SECRET = "a secret of the backend's that is long enough"
RULES = JwtRules(("HS256",), "https://backend.example", "sophia")
VECTORS = Path(__file__).parents[3] / "shared" / "data" / "jwt" / "json_web_signature_test.json"


def claims(**changed):
    said = {"sub": "ana", "iss": "https://backend.example", "aud": "sophia", "exp": time.time() + 60, **changed}
    return {name: value for name, value in said.items() if value is not ...}


def token(key=SECRET, algorithm="HS256", headers=None, **changed):
    return jwt.encode(claims(**changed), key, algorithm, headers)


@pytest.fixture
def vault():
    vault = MemoryPlatformVault()
    vault.put("auth", "jwt-secret", Secret(SECRET))
    return vault


def held_in(vault, fresh_for=0.0):
    return Credentials(vault, MemoryCredentialVault(), fresh_for).of_platform("auth", "jwt-secret")


@pytest.fixture
def verifier(vault):
    return JwtVerifier(RULES, SharedSecret(held_in(vault)))


class TestJwtVerifier(TokenVerifierContract):
    @pytest.fixture
    def verifier(self, vault):
        return JwtVerifier(RULES, SharedSecret(held_in(vault)))

    @pytest.fixture
    def valid(self):
        return {
            token(): Claims(None, "ana"),
            token(company_id="acme"): Claims("acme", "ana"),
            token(sub="luis", company_id="globex", aud=["else", "sophia"]): Claims("globex", "luis"),
        }


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": ...},
        {"exp": 1},
        {"exp": "soon"},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"sub": ...},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 201},
        {"iss": ...},
        {"iss": "https://backend.example/"},
        {"aud": ...},
        {"aud": "sophia2"},
        {"aud": []},
        {"company_id": 7},
        {"company_id": ["acme"]},
    ],
    ids=str,
)
def test_a_token_that_says_the_wrong_thing_is_refused(verifier, changed):
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(token(**changed))
    assert str(caught.value) == "the token is not valid"


def test_two_clocks_may_differ_a_little(verifier):
    assert verifier.verify(token(exp=time.time() - 10)).user_id == "ana"
    assert verifier.verify(token(nbf=time.time() + 10)).user_id == "ana"


def test_issuer_and_audience_are_not_looked_at_where_none_is_expected(vault):
    verifier = JwtVerifier(JwtRules(("HS256",)), SharedSecret(held_in(vault)))
    assert verifier.verify(token(iss=..., aud=...)).user_id == "ana"
    assert verifier.verify(token(iss="else", aud="else")).user_id == "ana"


@pytest.mark.parametrize(
    "headers",
    [
        {"crit": ["x"], "x": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"crit": []},
        {"crit": "exp"},
    ],
    ids=str,
)
def test_a_critical_header_that_nobody_understands_is_refused(verifier, headers):
    with pytest.raises(Unauthenticated):
        verifier.verify(_hs256({"alg": "HS256", **headers}, SECRET.encode()))


def _hs256(header, key):
    """A token that PyJWT would not make."""
    signed = b".".join(base64url_encode(json.dumps(part).encode()) for part in (header, claims()))
    return b".".join((signed, base64url_encode(hmac.digest(key, signed, "sha256")))).decode()


def test_an_unsigned_token_is_refused(verifier):
    with pytest.raises(Unauthenticated):
        verifier.verify(jwt.encode(claims(), None, "none"))


def test_a_key_that_a_token_brings_along_is_not_used(verifier):
    private = ed25519.Ed25519PrivateKey.generate()
    own = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(private.public_key()))
    for headers in ({"jwk": own}, {"jku": "http://127.0.0.1:9/keys"}, {"x5u": "http://127.0.0.1:9/cert"}):
        with pytest.raises(Unauthenticated):
            verifier.verify(jwt.encode(claims(), private, "EdDSA", headers))
        assert verifier.verify(token(headers=headers)).user_id == "ana"


def test_a_new_secret_is_in_effect_at_once(verifier, vault):
    vault.put("auth", "jwt-secret", Secret("another secret, which is long enough as well"))
    with pytest.raises(Unauthenticated):
        verifier.verify(token())
    assert verifier.verify(token("another secret, which is long enough as well")).user_id == "ana"


def test_a_new_secret_is_known_by_the_first_token_that_it_signs(vault):
    verifier = JwtVerifier(RULES, SharedSecret(held_in(vault, fresh_for=3600)))
    old, new = token(), jwt.encode(claims(), "another " * 8, "HS256")
    assert verifier.verify(old).user_id == "ana"
    vault.put("auth", "jwt-secret", Secret("another " * 8))
    assert verifier.verify(new).user_id == "ana"
    with pytest.raises(Unauthenticated):
        verifier.verify(old)


def test_a_short_secret_signs_nothing(verifier, vault):
    vault.put("auth", "jwt-secret", Secret("x" * 31))
    with pytest.raises(ConfigurationError, match="fewer than 32 bytes"):
        verifier.verify(token())


def test_without_a_secret_nobody_can_tell(verifier):
    lost = JwtVerifier(RULES, SharedSecret(held_in(MemoryPlatformVault())))
    with pytest.raises(Unavailable, match="auth/jwt-secret"):
        lost.verify(token())


class Issuer:
    """Publishes keys on a loopback port."""

    def __init__(self):
        self.keys = []
        self.asked = 0
        self.status = 200
        self.body = None

    def __call__(self, _request, exchange):
        self.asked += 1
        headers = {"Location": "/elsewhere"} if self.status == 302 else {}
        body = json.dumps({"keys": self.keys}).encode() if self.body is None else self.body
        exchange.send(self.status, body, headers)

    def add(self, key_id, private, algorithm):
        public = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
        self.keys.append({**public, "kid": key_id, "alg": algorithm, "use": "sig"})
        return private


@pytest.fixture
def issuer():
    issuer = Issuer()
    with LoopbackServer(issuer) as server:
        issuer.url = server.url
        yield issuer


PRIVATE = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.fixture
def published(issuer):
    for algorithm, private in PRIVATE.items():
        issuer.add(f"of-{algorithm}", private, algorithm)
    rules = evolve(RULES, algorithms=("RS256", "ES256", "EdDSA"))
    return JwtVerifier(rules, JwksKeys(f"{issuer.url}/keys"))


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_a_published_key_is_good_for_its_own_algorithm_alone(published, issuer, algorithm):
    for key_id in ("of-RS256", "of-ES256", "of-EdDSA"):
        made = token(PRIVATE[algorithm], algorithm, {"kid": key_id})
        if key_id == f"of-{algorithm}":
            assert published.verify(made).user_id == "ana"
        else:
            with pytest.raises(Unauthenticated):
                published.verify(made)
    assert issuer.asked == 1


def test_a_public_key_is_no_shared_secret(published, issuer):
    # RFC 8725, section 2.1: signed with HS256 and the public key, which everybody knows.
    public = PRIVATE["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for algorithm in ("HS256", "RS256"):
        for key in (public, issuer.keys[0]["n"].encode()):
            with pytest.raises(Unauthenticated):
                published.verify(_hs256({"alg": algorithm, "kid": "of-RS256"}, key))


def test_an_algorithm_that_is_not_configured_is_refused(issuer):
    issuer.add("k", PRIVATE["ES256"], "ES256")
    only = JwtVerifier(evolve(RULES, algorithms=("RS256",)), JwksKeys(f"{issuer.url}/keys"))
    with pytest.raises(Unauthenticated):
        only.verify(token(PRIVATE["ES256"], "ES256", {"kid": "k"}))


def test_unknown_keys_do_not_make_the_issuer_be_asked_again_and_again(published, issuer):
    assert published.verify(token(PRIVATE["ES256"], "ES256", {"kid": "of-ES256"})).user_id == "ana"
    for n in range(50):
        with pytest.raises(Unauthenticated):
            published.verify(token(PRIVATE["ES256"], "ES256", {"kid": f"unknown-{n}"}))
    assert issuer.asked <= 2


def test_a_token_that_names_no_key_is_refused(published):
    with pytest.raises(Unauthenticated):
        published.verify(token(PRIVATE["ES256"], "ES256"))
    with pytest.raises(Unauthenticated):
        published.verify(_hs256({"alg": "HS256", "kid": 7}, SECRET.encode()))


@pytest.mark.parametrize("status", [500, 404, 302])
def test_an_issuer_that_does_not_answer_is_not_asked_by_everybody(published, issuer, status):
    issuer.status = status
    for _ in range(5):
        with pytest.raises(Unavailable):
            published.verify(token(PRIVATE["ES256"], "ES256", {"kid": "of-ES256"}))
    assert issuer.asked == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'"keys"', b'{"keys": []}', b"[" * 100_000, b'{"keys": [' + b" " * 300_000 + b"]}"]
)
def test_what_an_issuer_sends_that_are_no_keys_is_no_fault_of_the_token(published, issuer, body):
    issuer.body = body
    with pytest.raises(Unavailable):
        published.verify(token(PRIVATE["ES256"], "ES256", {"kid": "of-ES256"}))


@given(st.text(max_size=300))
def test_no_text_is_taken_for_a_token(text):
    vault = MemoryPlatformVault()
    vault.put("auth", "jwt-secret", Secret(SECRET))
    with pytest.raises(Unauthenticated):
        JwtVerifier(RULES, SharedSecret(held_in(vault))).verify(text)


def vectors():
    if not VECTORS.exists():
        return []
    groups = json.loads(VECTORS.read_text())["testGroups"]
    return [(group.get("public") or group["private"], case) for group in groups for case in group["tests"]]


# Both have, byte for byte, the token and the key of vector 357, which is said to be valid.
SAME_AS_A_VALID_ONE = {367, 370}
# The key is of another algorithm than the token says.
AT_ODDS = {346, 350}
# RFC 7518 has ES512 for the curve P-521 and no ES521.
NO_SUCH_ALGORITHM = {347, 351}
# A character that base64url does not have stands in the token.
FOREIGN_CHARACTER = {372, 373}


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors lie beside the project, in ../shared/data/jwt")
def test_the_vectors_of_wycheproof():
    said = {case["tcId"]: case["result"] == "valid" for _, case in vectors()}
    told = {case["tcId"]: _is_taken(key, case["jws"]) for key, case in vectors()}
    assert len(told) == 401
    asked = {case["tcId"]: (key, case["jws"]) for key, case in vectors()}
    assert all(asked[id_] == asked[357] and said[357] for id_ in SAME_AS_A_VALID_ONE)
    assert {id_ for id_ in told if told[id_] and not said[id_]} == SAME_AS_A_VALID_ONE
    assert {id_ for id_ in told if said[id_] and not told[id_]} == AT_ODDS | NO_SUCH_ALGORITHM | FOREIGN_CHARACTER


def _is_taken(key, token):
    try:
        made = jwt.PyJWK(key)
        signed_content(token, made, [made.algorithm_name])
    except (jwt.PyJWTError, ValueError):
        return False
    return True
