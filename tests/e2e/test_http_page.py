"""The chat page as a server hands it out: to whom it gives the demo's keys, and what it may do."""

import html
import json
import re
from pathlib import Path

import httpx
import pytest
from harness import KEYS, World

from sophia.bootstrap.demo import DemoCompany
from sophia.entrypoints.http.app import create_app

ASSETS = Path(__file__).parents[2] / "src/sophia/entrypoints/http/assets"
DEMO = (DemoCompany("acme", 'A "quoted" & <marked> name', KEYS["acme"], ("ana",), ("¿Qué?",)),)


def page(world: World, *, address: str = "127.0.0.1", loopback_only: bool = True, **headers: str) -> httpx.Response:
    app = create_app(world.sophia.services, loopback_only=loopback_only, demo=DEMO)
    return world.nobody(app=app, address=address).get("/", headers=headers)


def told(response: httpx.Response) -> list:
    found = re.search(r'<meta name="sophia-demo" content="([^"]*)">', response.text)
    assert found is not None
    return json.loads(html.unescape(found[1]) or "[]")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost", "localhost:8080", "[::1]:8080", "127.9.9.9", "LOCALHOST"]
)
def test_the_demos_page_lets_itself_in_on_its_own_machine(world: World, host: str) -> None:
    response = page(world, Host=host)
    assert told(response) == [
        {
            "id": "acme",
            "name": 'A "quoted" & <marked> name',
            "key": KEYS["acme"],
            "users": ["ana"],
            "examples": ["¿Qué?"],
        }
    ]
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "0.0.0.0",
        "192.0.2.7",
        "10.0.0.1:8080",
        "",
        "[",
        "[::1",
        "::1]",
        "[::zz]",
        "a@127.0.0.1",
    ],
)
def test_under_another_name_it_holds_no_key(world: World, host: str) -> None:
    assert KEYS["acme"] not in page(world, Host=host).text


@pytest.mark.parametrize("name", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host"])
def test_what_was_passed_on_holds_no_key(world: World, name: str) -> None:
    assert KEYS["acme"] not in page(world, **{name: "127.0.0.1"}).text


def test_another_machine_is_given_no_key(world: World) -> None:
    assert page(world, address="192.0.2.7").status_code == 403
    elsewhere = page(world, address="192.0.2.7", loopback_only=False)
    assert (elsewhere.status_code, told(elsewhere)) == (200, [])


def test_no_page_of_another_origin_can_read_it(world: World) -> None:
    response = page(world, Origin="https://evil.example")
    assert not any(name.startswith("access-control-") for name in response.headers)
    assert response.headers["cross-origin-resource-policy"] == "same-origin"


def test_without_a_demo_there_are_no_keys(world: World) -> None:
    assert told(world.nobody().get("/")) == []


def test_its_policy_allows_its_own_files_and_nothing_else(world: World) -> None:
    for path in ("/", "/page/main.js", "/page/page.css"):
        policy = world.nobody().get(path).headers["content-security-policy"]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["default-src"] == "'none'"
        assert {rules[f"{kind}-src"] for kind in ("script", "style", "connect")} == {"'self'"}
        assert rules["require-trusted-types-for"] == "'script'"
        assert "unsafe" not in policy
    text = page(world).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=\"/page/)|https?://", text)


def test_the_reader_of_the_contract_keeps_its_own_policy(world: World) -> None:
    assert "default-src" not in world.nobody().get("/docs/").headers["content-security-policy"]


@pytest.mark.parametrize("name", sorted(path.name for path in ASSETS.iterdir()))
def test_every_file_is_served_and_asked_for_again_only_when_it_changes(world: World, name: str) -> None:
    nobody = world.nobody()
    first = nobody.get(f"/page/{name}")
    assert first.content == (ASSETS / name).read_bytes()
    assert first.headers["cache-control"] == "no-cache"
    assert nobody.get(f"/page/{name}", headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_only_its_own_files_are_served(world: World) -> None:
    for path in ("/page/none.js", "/page/../page.py", "/page/%2e%2e/page.py", "/page/..%2fpage.py", "/page/"):
        assert world.nobody().get(path).status_code == 404


def test_nothing_from_outside_becomes_markup() -> None:
    """Trusted Types would stop it; it is not to be tried in the first place."""
    for path in ASSETS.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", path.read_text()
        )


def test_every_word_is_there_in_both_languages() -> None:
    text = (ASSETS / "words.js").read_text()
    spanish, english = re.findall(r"^  (?:es|en): \{\n(.*?)^  \},\n", text, re.MULTILINE | re.DOTALL)
    name = re.compile(r'^ {4,6}"?([\w-]+)"?:', re.MULTILINE)
    slots = re.compile(r"\{\w+\}")
    assert name.findall(spanish) == name.findall(english)
    assert slots.findall(spanish) == slots.findall(english)
    asked = {
        word
        for path in ASSETS.iterdir()
        for word in re.findall(r'\bwords\("([\w-]+)"|data-words(?:-placeholder)?="(\w+)"', path.read_text())
        for word in word
        if word
    }
    assert asked <= set(name.findall(english))
