from pathlib import Path
from typing import Any

import pytest

from sophia.adapters.model import limits as model_limits
from sophia.adapters.openai.endpoint import Endpoint
from sophia.bootstrap.containers import Adapters
from sophia.bootstrap.limits import ConfiguredLimits
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_file import load_settings, parse_settings
from sophia.domain.limits import NO_LIMITS, Limits
from sophia.errors import ConfigurationError

COMPANY = {"id": "acme", "users": [{"id": "ana"}], "sources": [{"name": "docs", "path": "docs"}]}


def faults(values: dict[str, Any], environment: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        parse_settings(values, Path(), environment)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def test_an_empty_file_is_the_defaults() -> None:
    assert parse_settings({}, Path("/etc")) == Settings(directory=Path("/etc"))


def test_the_examples_are_read() -> None:
    settings = load_settings(Path(__file__).parents[2] / "examples" / "sophia.toml")
    assert [company.id for company, _ in settings.tenants] == ["acme", "globex"]
    assert settings.data_dir == Path(__file__).parents[2] / "examples" / "var"


def test_tickets_go_to_the_backend_where_there_is_one() -> None:
    assert parse_settings({}, Path("/etc")).desk == "local"
    targets = [
        {"name": "VICTORIA", "categories": ["change", "provisioning"]},
        {
            "name": "NIGHT",
            "categories": ["troubleshooting"],
            "path": "/night",
            "credential": "platform:backend/night",
            "honours_keys": False,
        },
    ]
    backend = {"base_url": "https://backend.example.com", "credential": "platform:backend/token"}
    settings = parse_settings({"backend": backend, "targets": targets}, Path("/etc"))
    assert settings.desk == "backend"
    assert settings.credentials_named == {
        "/backend/credential": "platform:backend/token",
        "/targets/1/credential": "platform:backend/night",
    }
    assert [(target.name, target.honours_keys) for target in settings.handoff_targets] == [
        ("VICTORIA", True),
        ("NIGHT", False),
    ]


def test_a_backend_that_knows_the_companies_is_not_contradicted() -> None:
    backend = {"base_url": "https://backend.example.com", "credential": "platform:backend/token", "directory": "rest"}
    sources = [{"name": "docs", "path": "docs", "owner": "somebody whom the backend knows"}]
    company = {"id": "acme", "synonyms": {"a": ["b"]}, "sources": sources}
    assert parse_settings({"backend": backend, "companies": [company]}, Path()).backend.directory == "rest"
    own = {"name": "Acme", "language": "en", "handoff": "off", "suspended": "x", "users": [{"id": "ana"}]}
    own["access_key_sha256"] = "ab" * 32
    assert faults({"backend": backend, "companies": [company | own]}) == {
        f"/companies/0/{key}": 'the backend tells this (directory = "rest"); take it out' for key in own
    }
    assert "/backend/base_url" in faults({"backend": {"directory": "rest"}})
    each = [{"name": "VICTORIA", "credential": "platform:backend/v"}]
    del backend["credential"]
    assert faults({"backend": backend, "targets": each}) == {"/backend/credential": "required key is missing"}


def test_a_company_has_the_usual_limits_but_for_its_own() -> None:
    values = {
        "limits": {"requests": 600, "user_runs": 2, "storage_mb": 3},
        "companies": [{"id": "a", "limits": {"requests": 0, "tokens": 9}}, {"id": "b"}],
    }
    limits = ConfiguredLimits(parse_settings(values, Path(), {"SOPHIA__LIMITS__USER_RUNS": "4"}))
    assert limits("a") == Limits(user_runs=4, tokens=9, storage=3 * 2**20)
    assert limits("b") == limits("known to the backend alone") == Limits(requests=600, user_runs=4, storage=3 * 2**20)
    assert ConfiguredLimits(parse_settings({"companies": [{"id": "a"}]}, Path()))("a") == NO_LIMITS


def test_a_company_speaks_the_services_language_unless_it_says_otherwise() -> None:
    settings = parse_settings(
        {"service": {"language": "en"}, "companies": [{"id": "a"}, {"id": "b", "language": "es"}]}, Path()
    )
    assert [company.language for company, _ in settings.tenants] == ["en", "es"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"servce": {}}, {"/servce": "unknown key; did you mean 'service'?"}),
        ({"service": {"prot": 1}}, {"/service/prot": "unknown key; did you mean 'port'?"}),
        (
            {"companies": [{"id": "a", "sources": [{"name": "d", "path": "p", "grups": []}]}]},
            {"/companies/0/sources/0/grups": "unknown key; did you mean 'groups'?"},
        ),
        ({"service": {"port": "x"}}, {"/service/port": "expected a whole number, got 'x'"}),
        ({"service": {"port": True}}, {"/service/port": "expected a whole number, got True"}),
        ({"service": {"data_dir": 3}}, {"/service/data_dir": "expected a text, got 3"}),
        ({"service": 3}, {"/service": "expected a table, got 3"}),
        ({"companies": "x"}, {"/companies": "expected a list, got 'x'"}),
        ({"companies": [{}]}, {"/companies/0/id": "required key is missing"}),
        (
            {"companies": [{"id": "a", "handoff": "never", "language": "fr"}]},
            {
                "/companies/0/handoff": "expected one of 'auto', 'confirm', 'off', got 'never'",
                "/companies/0/language": "expected one of 'es', 'en', got 'fr'",
            },
        ),
        (
            {"agent": {"runtime": "gpt"}},
            {"/agent/runtime": "expected one of 'extractive', 'openai', 'azure-agents', 'foundry', got 'gpt'"},
        ),
        ({"agent": {"runtime": "openai"}}, {"/agent/openai/model": "required key is missing"}),
        (
            {"agent": {"runtime": "openai", "openai": {"model": "m", "base_url": "http://models.example.com/v1"}}},
            {"/agent/openai/base_url": "http:// is for this machine only; use https://"},
        ),
        (
            {"agent": {"runtime": "foundry", "foundry": {"agent": "sophia_1"}}},
            {
                "/agent/foundry/model": "required key is missing",
                "/agent/foundry/endpoint": "required key is missing",
                "/agent/foundry/agent": "expected up to 63 letters, digits and hyphens, a letter or digit first and "
                "last, got 'sophia_1'",
            },
        ),
        (
            {"agent": {"runtime": "foundry", "foundry": {"model": "m", "endpoint": "http://p.example.com/api"}}},
            {"/agent/foundry/endpoint": "http:// is for this machine only; use https://"},
        ),
        ({"knowledge": {"index": "azure"}}, {"/agent/azure/endpoint": "required key is missing"}),
        (
            {"knowledge": {"index": "azure"}, "agent": {"azure": {"endpoint": "http://p.example.com/api"}}},
            {"/agent/azure/endpoint": "http:// is for this machine only; use https://"},
        ),
        (
            {
                "knowledge": {"index": "azure", "azure": {"search": "postgres", "batch_seconds": 0}},
                "agent": {"azure": {"endpoint": "https://a.services.ai.azure.com/api/projects/p"}},
            },
            {"/knowledge/azure": "'batch_seconds' must be > 0: 0.0"},
        ),
        (
            {"companies": [{"id": i, "vector_store_id": "vs_1"} for i in ("a", "b")]},
            {"/companies/1/vector_store_id": "'vs_1' is another company's; each needs its own"},
        ),
        (
            {"agent": {"openai": {"temperature": "warm", "timeout": True, "max_seconds": "inf"}}},
            {
                "/agent/openai/temperature": "expected a number, got 'warm'",
                "/agent/openai/timeout": "expected a number, got True",
                "/agent/openai/max_seconds": "expected a number, got 'inf'",
            },
        ),
        ({"agent": {"openai": {"timeout": 0}}}, {"/agent/openai": "'timeout' must be > 0: 0.0"}),
        ({"agent": {"openai": {"key": "s3cret"}}}, {"/agent/openai/key": "unknown key; did you mean 'max_tokens'?"}),
        (
            {"backend": {"base_url": "http://backend.example.com", "credentail": "s3cret"}},
            {"/backend/credentail": "unknown key; did you mean 'credential'?"},
        ),
        (
            {"backend": {"base_url": "http://backend.example.com"}},
            {
                "/backend/base_url": "http:// is for this machine only; use https://",
                "/backend/credential": "required key is missing",
            },
        ),
        ({"limits": {"request": 1}}, {"/limits/request": "unknown key; did you mean 'requests'?"}),
        ({"limits": {"requests": "many"}}, {"/limits/requests": "expected a whole number, got 'many'"}),
        ({"limits": {"runs": -1}}, {"/limits": "'runs' must be >= 0: -1"}),
        (
            {"companies": [{"id": "a", "limits": {"storage": 1, "tokens": 1}}]},
            {"/companies/0/limits/storage": "unknown key; did you mean 'storage_mb'?"},
        ),
        ({"backend": {"timeout": 60}}, {"/backend": "'timeout' must be <= 20: 60.0"}),
        (
            {"targets": [{"name": "V", "path": "report"}, {"name": "V", "path": "/a?b=c"}]},
            {
                "/targets/0/path": "expected a path that begins with '/', got 'report'",
                "/targets/1/path": "expected a path that begins with '/', got '/a?b=c'",
                "/targets/1/name": "'V' is there twice",
            },
        ),
        ({"companies": [COMPANY, COMPANY]}, {"/companies/1/id": "'acme' is there twice"}),
        (
            {"companies": [{"id": "a", "sources": [{"name": "d", "path": "p", "owner": "bo"}]}]},
            {"/companies/0/sources/0/owner": "'bo' is no user of this company"},
        ),
        (
            {"targets": [{"name": "V", "categories": ["change", "provisioning"]}]},
            {"/targets": "no target takes the category 'troubleshooting'"},
        ),
        ({"directory": "/"}, {"/directory": "unknown key; did you mean 'targets'?"}),
    ],
)
def test_what_is_wrong_is_named_with_its_place(values: dict[str, Any], expected: dict[str, str]) -> None:
    found = faults(values)
    assert found.keys() == expected.keys()
    if "/directory" not in expected:
        assert found == expected


def test_a_model_is_found_by_its_endpoint_and_its_key_in_the_vault() -> None:
    openai = {
        "model": "m",
        "base_url": "http://localhost:11434/v1",
        "credential": "platform:openai/key",
        "temperature": 0,
    }
    settings = parse_settings(
        {"agent": {"runtime": "openai", "openai": openai}},
        Path("/etc/sophia"),
        {"SOPHIA__AGENT__OPENAI__MAX_SECONDS": "12.5"},
    )
    assert settings.model_endpoint == Endpoint("http://localhost:11434/v1", "m", None, 0.0)
    assert settings.credentials_named == {"/agent/openai/credential": "platform:openai/key"}
    assert settings.agent.openai.limits == model_limits.Limits(seconds=12.5)


def test_an_agent_at_foundry_is_found_by_its_project() -> None:
    endpoint = "https://a.services.ai.azure.com/api/projects/p"
    foundry = {"endpoint": endpoint, "model": "m", "max_steps": 3}
    settings = parse_settings({"agent": {"runtime": "foundry", "foundry": foundry}}, Path("/etc/sophia"))
    assert settings.agent.foundry.limits == model_limits.Limits(steps=3)
    assert Adapters(settings=settings).runtime().version == "foundry-1 (m)"


def test_the_environment_wins_over_the_file() -> None:
    environment = {"SOPHIA__SERVICE__PORT": "9000", "SOPHIA__KNOWLEDGE__LIMITS__FILE_MB": "3", "HOME": "/"}
    settings = parse_settings({"service": {"port": 1, "host": "::1"}}, Path(), environment)
    assert (settings.service.port, settings.service.host) == (9000, "::1")
    assert settings.knowledge.limits.file_bytes == 3 * 2**20


def test_the_environment_reaches_no_lists() -> None:
    assert "SOPHIA__COMPANIES__0" in faults({"companies": []}, {"SOPHIA__COMPANIES__0__ID": "x"})[""]


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("collector:4318", "expected an http:// or https:// URL"),
        ("https://", "expected an http:// or https:// URL"),
        ("http://[", "is no URL"),
        ("http://collector.example:4318", "http:// is for this machine only; use https://"),
        ("http://192.0.2.7:4318", "http:// is for this machine only; use https://"),
        ("https://collector.example", None),
        ("http://localhost:4318", None),
        ("http://127.0.0.9:4318/", None),
        ("http://[::1]:4318", None),
    ],
)
def test_traces_leave_the_machine_encrypted(url: str, detail: str | None) -> None:
    values = {"telemetry": {"otlp_endpoint": url}}
    if detail is None:
        assert parse_settings(values, Path()).telemetry.otlp_endpoint == url
    else:
        assert faults(values) == {"/telemetry/otlp_endpoint": detail}


def test_the_collector_can_be_named_as_everywhere() -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}
    assert parse_settings({}, Path(), environment).telemetry.otlp_endpoint == "http://localhost:4318"
    assert parse_settings({}, Path(), environment | {"OTEL_SDK_DISABLED": "TRUE"}).telemetry.otlp_endpoint == ""
    own = {"telemetry": {"otlp_endpoint": "https://own.example"}}
    assert parse_settings(own, Path(), environment).telemetry.otlp_endpoint == "https://own.example"


@pytest.mark.parametrize("content", [b"\xff", b"a = ", None])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "sophia.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"sophia\.toml"):
        load_settings(path)


@pytest.mark.parametrize(
    ("auth", "pointer"),
    [
        ({"jwks_url": "https://issuer.example/keys", "secret": "platform:auth/jwt"}, "/auth"),
        ({"jwks_url": "http://issuer.example/keys", "algorithms": ["RS256"]}, "/auth/jwks_url"),
        ({"jwks_url": "https://issuer.example/keys"}, "/auth/algorithms"),
        ({"jwks_url": "https://issuer.example/keys", "algorithms": ["RS256", "HS256"]}, "/auth/algorithms/1"),
        ({"jwks_url": "https://issuer.example/keys", "algorithms": ["none"]}, "/auth/algorithms/0"),
        ({"secret": "platform:auth/jwt", "algorithms": ["RS256"]}, "/auth/algorithms/0"),
        ({"secret": "a secret in the settings themselves"}, "/auth/secret"),
        ({"secret": "auth/jwt"}, "/auth/secret"),
    ],
    ids=str,
)
def test_rules_for_tokens_that_cannot_be_are_named(auth: dict[str, object], pointer: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_settings({"auth": auth}, Path())
    assert pointer in [fault.pointer for fault in caught.value.faults]
    assert "themselves" not in str(caught.value)


def test_the_digest_of_a_key_is_a_digest() -> None:
    with pytest.raises(ConfigurationError, match="access_key_sha256"):
        parse_settings({"companies": [{"id": "acme", "access_key_sha256": "the key itself"}]}, Path())


def test_an_index_in_postgres_needs_the_records_there() -> None:
    knowledge = {"knowledge": {"index": "postgres"}}
    assert "[database]" in faults(knowledge)["/knowledge/index"]
    there = {**knowledge, "database": {"url": "postgresql+psycopg://sophia@db.example/sophia"}}
    azure = {
        "knowledge": {"index": "azure", "azure": {"search": "postgres"}},
        "agent": {"azure": {"endpoint": "https://a.services.ai.azure.com/api/projects/p"}},
    }
    with pytest.raises(ConfigurationError, match="/knowledge/azure/search: `postgres` needs the records in Postgres"):
        parse_settings(azure, Path("/etc"))
    assert parse_settings({**there, **azure}, Path("/etc")).knowledge.searches == "postgres"
    assert parse_settings(there, Path("/etc")).knowledge.index == "postgres"


VAULT = {"vault": "key-vault", "vault_url": "https://acme.vault.azure.net"}
SPLUNK = {
    "type": "splunk",
    "name": "siem",
    "url": "https://splunk.example:8089",
    "credential": f"{'c' * 60}/{'n' * 60}",
}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"credentials": {"vault": "key-vault"}}, {"/credentials/vault_url": "required key is missing"}),
        ({"credentials": VAULT | {"vault_url": "http://127.0.0.1:8443"}}, {"/credentials/vault_url": "https://"}),
        ({"credentials": VAULT | {"vault_url": "http://vault.example"}}, {"/credentials/vault_url": "https://"}),
        ({"credentials": VAULT | {"vault_url": f"{VAULT['vault_url']}/secrets"}}, {"/credentials/vault_url": "alone"}),
        ({"credentials": VAULT, "azure": {"ca_file": "ca.pem"}}, {"/azure/ca_file": "emulators on this machine"}),
        (
            {"credentials": VAULT, "companies": [{"id": "a", "sources": [SPLUNK]}]},
            {"/companies/0/sources/0": "127 fit"},
        ),
        (
            {"credentials": VAULT, "auth": {"secret": f"platform:{'c' * 60}/{'n' * 60}"}},
            {"/auth/secret": "has 139 characters, and 127 fit"},
        ),
        ({"credentials": {"outage_ttl": 100_000}}, {"/credentials": "must be <= 86400"}),
        (
            {"azure": {"identity": "certificate", "client_id": "x"}},
            {"/azure/tenant_id": "required", "/azure/certificate": "required"},
        ),
        ({"azure": {"certificate": "sophia.pem"}}, {"/azure/certificate": "is not looked at"}),
        ({"azure": {"identity": "development", "tenant_id": "x"}}, {"/azure/tenant_id": "is not looked at"}),
        (
            {"azure": {"identity": "workload", "authority": "http://127.0.0.1:1"}},
            {"/azure/authority": "expected an https:// URL"},
        ),
        (
            {"azure": {"identity": "anything"}},
            {"/azure/identity": "'managed', 'workload', 'certificate', 'development'"},
        ),
    ],
    ids=str,
)
def test_what_azure_cannot_be_asked_for_is_named(values: dict[str, Any], expected: dict[str, str]) -> None:
    found = faults(values)
    assert len(found) == len(expected)
    for (pointer, detail), (place, words) in zip(sorted(found.items()), sorted(expected.items()), strict=True):
        assert pointer.startswith(place)
        assert words in detail


def test_secrets_in_a_vault_of_azures() -> None:
    settings = parse_settings({"credentials": VAULT}, Path("/etc"), {"SOPHIA__CREDENTIALS__OUTAGE_TTL": "60"})
    assert (settings.credentials.vault_url, settings.credentials.outage_ttl) == (VAULT["vault_url"], 60.0)
    assert (settings.azure.identity, settings.azure_ca_file) == ("managed", None)
