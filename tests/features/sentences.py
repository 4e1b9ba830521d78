"""How steps are recognised: ``{who:person}`` is one of the people, ``{said:quoted}`` a text between double quotes."""

from drivers import Person
from parse import with_pattern
from pytest_bdd import parsers
from world import PEOPLE


@with_pattern("|".join(sorted(PEOPLE, key=len, reverse=True)))
def person(name: str) -> Person:
    return PEOPLE[name]


@with_pattern('"[^"]*"')
def quoted(text: str) -> str:
    return text[1:-1]


@with_pattern("no|one|two|ningún|un|dos")
def count(word: str) -> int:
    return {"no": 0, "ningún": 0, "one": 1, "un": 1, "two": 2, "dos": 2}[word]


def sentence(pattern: str) -> parsers.parse:
    return parsers.parse(pattern, extra_types={"person": person, "quoted": quoted, "count": count})
