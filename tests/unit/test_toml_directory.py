"""The settings file as the directory: what changes there takes effect without a restart."""

import os
from pathlib import Path

import pytest

from sophia import Sophia
from sophia.adapters.toml_directory.directory import ReadFile, TomlTenantDirectory
from sophia.bootstrap.settings_file import load_settings
from sophia.domain.tenancy import Company, User
from sophia.errors import CompanySuspended, ConfigurationError, Fault, LimitExceeded, NotFound, PermissionDenied
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock

ACME = """
[[companies]]
id = "acme"
users = [{ id = "ana" }]
"""


class Seconds:
    now = 0.0

    def __call__(self):
        return self.now


class Case:
    """A file, and the directory of it, which looks again when a second has passed."""

    def __init__(self, folder):
        self.path = folder / "sophia.toml"
        self.clock = Seconds()
        self.reads = 0
        self.says("acme")
        self.directory = TomlTenantDirectory(self.read(self.path), ReadFile.at(self.path), self.read, self.clock)

    def says(self, *companies):
        # As a deployment does it: another file takes the place of the one before, whatever its time says.
        new = self.path.with_suffix(".new")
        new.write_text("\n".join(companies))
        os.utime(new, ns=(0, 0))
        new.replace(self.path)

    def read(self, path: Path):
        self.reads += 1
        names = path.read_text().split()
        if "wrong" in names:
            raise ConfigurationError(Fault("/companies/0/id", "wrong"))
        return [(Company(name, name), [User("ana")]) for name in names]

    @property
    def companies(self):
        self.clock.now += 1
        return [company.id for company in self.directory.companies()]


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


def events(caplog):
    return [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]


def test_the_file_is_read_again_when_it_has_changed_and_not_otherwise(case):
    assert [case.companies for _ in range(3)] == [["acme"]] * 3
    assert case.reads == 1
    case.says("acme", "globex")
    assert [case.companies for _ in range(3)] == [["acme", "globex"]] * 3
    assert case.reads == 2
    assert case.directory.companies_of("ana") == ("acme", "globex")


def test_it_is_looked_at_once_in_a_second(case):
    assert case.companies == ["acme"]
    case.says("acme", "globex")
    with pytest.raises(NotFound):
        case.directory.company("globex")
    case.clock.now += 1
    assert case.directory.company("globex").id == "globex"


def test_what_cannot_be_used_leaves_what_was_there(case, caplog):
    caplog.set_level("INFO", "sophia")
    case.says("wrong")
    assert [case.companies for _ in range(3)] == [["acme"]] * 3
    assert case.reads == 2, "it is not read every second"
    case.path.unlink()
    assert case.companies == ["acme"]
    case.says("globex")
    assert case.companies == ["globex"]
    assert events(caplog) == ["directory.file_unusable", "directory.file_missing", "directory.file_read"]


def test_what_was_written_since_the_settings_were_read_counts(case):
    """A worker that is started in place of another begins with settings that its master read long ago."""
    old = ReadFile.at(case.path)
    case.says("acme", "globex")
    late = TomlTenantDirectory([(Company("acme", "acme"), [])], old, case.read, case.clock)
    assert [company.id for company in late.companies()] == ["acme", "globex"]


def test_companies_users_and_limits_change_while_sophia_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("sophia.adapters.toml_directory.directory._EVERY", 0.0)
    path = tmp_path / "sophia.toml"

    def says(text):
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)

    says(ACME)
    clock = FrozenClock()
    sophia = Sophia(load_settings(path), records=MemoryRecords(clock), embedder=HashingEmbedder(), clock=clock)
    assert sophia.ask("How are backups made?", company="acme", user="ana").text
    with pytest.raises(NotFound):
        sophia.scope("globex")
    says(ACME + ACME.replace("acme", "globex").replace("ana", "grace"))
    assert sophia.scope("globex", "grace").company_id == "globex"
    says(ACME.replace("ana", "luis"))
    with pytest.raises(PermissionDenied):
        sophia.ask("And now?", company="acme", user="ana")
    says("[limits]\nuser_requests = 1\n" + ACME)
    sophia.ask("How are backups made?", company="acme", user="ana")
    with pytest.raises(LimitExceeded) as refused:
        sophia.ask("How are backups made?", company="acme", user="ana")
    assert refused.value.name == "user_requests"
    says("[limits]\nuser_requests = 1\n" + ACME + "limits = { user_requests = 5 }\n")
    sophia.ask("How are backups made?", company="acme", user="ana")
    says(ACME + 'suspended = "not paid"\n')
    with pytest.raises(CompanySuspended, match="not paid"):
        sophia.ask("How are backups made?", company="acme", user="ana")
    says(ACME)
    assert sophia.ask("How are backups made?", company="acme", user="ana").text
    sophia.close(within=0)
