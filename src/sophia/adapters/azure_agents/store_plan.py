"""What is to be done so that a vector store holds exactly a set of documents. Pure functions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from attrs import frozen

from sophia.adapters.azure_agents.translate import document_in, file_name
from sophia.adapters.azure_agents.vector_stores import File, Store

__all__ = ["Failure", "Plan", "make_plan"]

_FOR_GOOD = frozenset({"invalid_file", "unsupported_file"})
"""What a store says of a file that it will not take in at another try either."""

_USELESS = ("failed", "cancelled")


@frozen
class Failure:
    """A document that a store does not hold as it should, and why."""

    document_id: str
    reason: str


@frozen
class Plan:
    """What is to be done to one store.

    Attributes:
        upload: the names of files that nobody has uploaded yet.
        attach: files that were uploaded and the store does not hold.
        replaced: files to erase when the store has taken in what stands in their place.
        gone: files to erase at once: their documents are gone, or not for everybody any more, or they are doubles.
        kept: files that stay as they are.
        foreign: files in the store that are not SOPHIA's; nothing is done to them.
        failures: documents that the store has refused for good.
    """

    store: Store
    upload: tuple[str, ...] = ()
    attach: tuple[File, ...] = ()
    replaced: tuple[File, ...] = ()
    gone: tuple[File, ...] = ()
    kept: int = 0
    foreign: int = 0
    failures: tuple[Failure, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the store is as it should be, as far as it can be."""
        return not (self.upload or self.attach or self.replaced or self.gone)

    @property
    def files(self) -> int:
        """How many files the store holds in the course of it, at the most."""
        return self.kept + self.foreign + len(self.failures) + len(self.replaced) + len(self.upload) + len(self.attach)


def make_plan(
    store: Store, held: Iterable[File], beside: Iterable[File], wanted: Mapping[str, str], *, retry: bool = False
) -> Plan:
    """What makes a store hold these documents.

    Args:
        store: which one.
        held: what it holds.
        beside: files of SOPHIA's that it does not hold, also those of other companies.
        wanted: documents by id, with the version that is to be there.
        retry: also try again what the store has refused for good.
    """
    names = {file_name(document, version): document for document, version in wanted.items()}
    by_name: dict[str, list[File]] = defaultdict(list)
    gone: list[File] = []
    replaced: list[File] = []
    foreign = 0
    for file in held:
        if file.name in names:
            by_name[file.name].append(file)
        elif named := document_in(file.name):
            (replaced if named[0] in wanted else gone).append(file)
        elif file.name:
            foreign += 1
        else:
            gone.append(file)  # what the store holds of a file that is gone
    settled: set[str] = set()
    failures: list[Failure] = []
    kept = 0
    for name, files in by_name.items():
        first, *doubles = sorted(files, key=lambda file: (file.status in _USELESS, file.status != "completed", file.id))
        gone += doubles
        if first.status not in _USELESS:
            settled.add(name)
            kept += 1
        elif first.code in _FOR_GOOD and not retry:
            settled.add(name)
            failures.append(Failure(names[name], first.reason or first.code))
        else:
            gone.append(first)
    attach: dict[str, File] = {}
    for file in sorted(beside, key=lambda file: file.id):
        named = document_in(file.name)
        if named is None or named[0] not in wanted:
            continue  # whose it is cannot be told
        if file.name in names and file.name not in settled and file.name not in attach:
            attach[file.name] = file
        else:
            gone.append(file)
    return Plan(
        store=store,
        upload=tuple(sorted(names.keys() - settled - attach.keys())),
        attach=tuple(attach.values()),
        replaced=tuple(replaced),
        gone=tuple(gone),
        kept=kept,
        foreign=foreign,
        failures=tuple(failures),
    )
