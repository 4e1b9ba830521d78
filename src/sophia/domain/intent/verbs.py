"""The verb forms and spellings that the intent classifier recognises: made once, from the word lists.

Spanish verbs are conjugated from the infinitive, voseo and vosotros included; English ones from the base form. A
misspelt word is put right by how it sounds (Spanish) or by one letter too few, too many or swapped (English).
"""
# ruff: noqa: PLR2004 - lengths of words are plainest where they are compared

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from sophia.domain.intent import patterns, problems, words, words_en, words_es

__all__ = ["KNOWN_WORDS", "english_verbs", "fold", "spanish_verbs", "spelt", "vocabulary"]

KNOWN_WORDS = 8192
"""What is found out about so many words is remembered: most of a message is made of words that came before."""

_MARKS = str.maketrans({"’": "'", "‘": "'", "´": "'", "\u00a0": " "})


@cache
def _accentless() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for code in range(0xC0, 0x250):
        parts = unicodedata.normalize("NFD", chr(code))
        if parts[0] != chr(code):
            table[code] = parts[0]
    return table


def fold(text: str) -> str:
    """Lower case, without accents, with plain apostrophes. Keeps the length of Latin text."""
    return text.lower() if text.isascii() else text.translate(_MARKS).lower().translate(_accentless())


def _sound(word: str) -> str:
    """How a Spanish word sounds, roughly: b and v, c s z, ll y, silent h are one."""
    word = re.sub(r"qu(?=[ei])", "k", word).replace("ch", "1").replace("h", "").replace("v", "b").replace("z", "s")
    word = re.sub(r"c(?=[ei])", "s", word).replace("c", "k").replace("ll", "y").replace("q", "k").replace("x", "s")
    word = re.sub(r"g(?=[ei])", "j", word)
    word = re.sub(r"gu(?=[ei])", "g", word)
    return re.sub(r"(.)\1+", r"\1", word)


def _spell(stem: str, last: str, ending: str) -> str:
    """Joins stem and ending and keeps the sound: bloquear, sac-ar saque, carg-ar cargue, corrig-ir corrija."""
    front = ending[0] in "eé"
    if last == "ar" and front:
        if stem.endswith("c"):
            stem = stem[:-1] + "qu"
        elif stem.endswith("g"):
            stem += "u"
        elif stem.endswith("z"):
            stem = stem[:-1] + "c"
    elif last != "ar" and ending[0] in "aáo":
        if stem.endswith("g"):
            stem = stem[:-1] + "j"
        elif stem.endswith("gu"):
            stem = stem[:-1]
        elif stem.endswith("c"):
            stem = stem[:-1] + ("zc" if stem[-2] in "aeou" else "z")
    return stem + ending


_CHANGES = {"ie": ("e", "ie"), "ue": ("o", "ue"), "i": ("e", "i")}
_GO = {"poner": "pong", "proponer": "propong", "componer": "compong", "reponer": "repong"}


def _conjugate(infinitive: str, change: str) -> Iterator[tuple[str, str]]:
    """The forms of a regular verb, folded, each with its mood."""
    stem, last = infinitive[:-2], infinitive[-2:]
    strong = stem
    if change:
        old, new = _CHANGES[change]
        at = stem.rfind(old)
        strong = stem[:at] + new + stem[at + 1 :]
    elif last == "ir" and stem.endswith("u") and not stem.endswith("gu"):
        strong = stem + "y"
    theme, other = ("a", "e") if last == "ar" else ("e", "a")
    weak = "i" if last == "ir" else theme
    root = strong if change == "i" else stem

    def made(base: str, ending: str) -> str:
        return _spell(base, last, ending)

    yield infinitive, "inf"
    yield made(strong, theme), "imp"
    yield stem + weak, "imp"
    yield stem + weak + "d", "imp2"
    yield made(strong, other), "sub"
    yield made(strong, other + "n"), "sub"
    yield made(root, other + "mos"), "sub"
    yield made(strong, other + "s"), "sub2"
    yield made(root, other + "is"), "sub2"
    yield made(strong, theme + "s"), "pres2"
    yield stem + weak + "s", "pres2"
    yield stem + ("ais" if last == "ar" else "eis" if last == "er" else "is"), "pres2"
    yield made(strong, theme + "n"), "pres3p"
    yield stem + weak + "mos", "pres1p"
    yield made(strong, "o"), "pres1"
    past = (
        ("e", "aste", "o", "amos", "aron", "asteis") if last == "ar" else ("i", "iste", "io", "imos", "ieron", "isteis")
    )
    for ending in past:
        yield made(stem, ending), "pret"
    participle = "ad" if last == "ar" else "id"
    for ending in ("o", "a", "os", "as"):
        yield stem + participle + ending, "part"
    yield stem + ("ando" if last == "ar" else "iendo"), "ger"
    subjunctive = ("ar", "as") if last == "ar" else ("ier", "ies")
    for middle in subjunctive:
        for ending in ("a", "an", "as", "amos", "ais", "e", "en", "es", "emos", "eis"):
            if (middle[-1] == "r") == (ending[0] == "a"):
                yield stem + middle + ending, "isub"
    if last == "ar":
        yield stem + "ai", "pres2"
    for ending in ("ia", "ian", "ias", "iamos", "iais"):
        yield infinitive + ending, "cond"
    for ending in ("a", "an", "as", "emos", "eis"):
        yield infinitive + ending, "fut"


Forms = dict[str, dict[str, set[str]]]


def _kinds(lists: dict[str, str]) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for kind, text in lists.items():
        for entry in text.split():
            kinds.setdefault(entry, set()).add(kind)
    return kinds


@cache
def spanish_verbs() -> tuple[dict[str, frozenset[str]], Forms, dict[str, str]]:
    """Kinds of every infinitive; form -> infinitive -> moods; sound -> form."""
    kinds: dict[str, set[str]] = {}
    forms: Forms = {}
    for entry, its in _kinds(words_es.SPANISH_VERBS).items():
        verb, _, change = entry.partition(":")
        verb = fold(verb)
        kinds.setdefault(verb, set()).update(its)
        stem = _GO.get(verb)
        if verb in {"ver", "dar", "decir"}:
            made: list[tuple[str, str]] = [(verb, "inf")]
            if verb == "ver":
                made += [
                    ("ve", "imp"),
                    ("ved", "imp2"),
                    ("ves", "pres2"),
                    ("viendo", "ger"),
                    ("vemos", "pres1p"),
                    ("ven", "pres3p"),
                ]
            elif verb == "dar":
                made += [
                    ("dad", "imp2"),
                    ("dando", "ger"),
                    ("damos", "pres1p"),
                    ("dan", "pres3p"),
                    ("dado", "part"),
                    ("dada", "part"),
                ]
            else:
                made += [("decid", "imp2"), ("diciendo", "ger"), ("dicho", "part")]
        else:
            made = list(_conjugate(verb, change))
            if stem:
                made = [(form, mood) for form, mood in made if mood not in {"sub", "sub2", "pres1"}]
                made += [(stem + "a", "sub"), (stem + "an", "sub"), (stem + "as", "sub2"), (stem + "amos", "sub")]
        for form, mood in made:
            forms.setdefault(form, {}).setdefault(verb, set()).add(mood)
    for verb, mood, listed in words_es.SPANISH_IRREGULAR:
        for form in listed.split():
            forms.setdefault(fold(form), {}).setdefault(fold(verb), set()).add(mood)
    kinds.setdefault("hacer", set()).add("light")
    sounds: dict[str, str] = {}
    for form in forms:
        if len(form) > 4:
            sounds.setdefault(_sound(form), form)
    return {verb: frozenset(its) for verb, its in kinds.items()}, forms, sounds


@cache
def english_verbs() -> tuple[dict[str, frozenset[str]], Forms, dict[str, str]]:
    """Kinds of every base form; form -> base -> moods; a spelling with one letter missing -> base."""
    kinds: dict[str, set[str]] = {}
    forms: Forms = {}
    for entry, its in _kinds(words_en.ENGLISH_VERBS).items():
        base, *irregular = entry.split("/")
        kinds.setdefault(base, set()).update(its)
        soft = base.removesuffix("e")
        final = base[-1]
        twice = base + final if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]|.*(?:mit|rol|set|log)", base) else base
        past = [soft + "ed", twice + "ed"] if final != "y" or base[-2] in "aeou" else [base[:-1] + "ied"]
        plural = (
            base[:-1] + "ies"
            if final == "y" and base[-2] not in "aeou"
            else base + ("es" if final in "shxo" and base != "do" else "s")
        )
        made = [(base, "base"), (plural, "s"), (soft + "ing", "ing"), (twice + "ing", "ing")]
        made += [(form, "past") for form in (irregular or past)]
        for form, mood in made:
            forms.setdefault(form, {}).setdefault(base, set()).add(mood)
    shorter: dict[str, str] = {}
    for base in kinds:
        if len(base) > 5:
            for at in range(1, len(base)):
                shorter.setdefault(base[:at] + base[at + 1 :], base)
    return {base: frozenset(its) for base, its in kinds.items()}, forms, shorter


@cache
def vocabulary() -> frozenset[str]:
    """Words that are spelt right."""
    known = set(
        words_es.SPANISH_FUNCTION
        | words_en.ENGLISH_FUNCTION
        | words.OPENERS
        | words.WH_WORDS
        | words.ASKS_FIRST
        | words.NEGATION
        | words.NOT_VERBS
    )
    for listed in words.NOUNS.values():
        known.update(listed.split())
    known.update(spanish_verbs()[1])
    known.update(english_verbs()[1])
    known.update(_plain())
    return frozenset(known)


@cache
def _plain() -> frozenset[str]:
    """The plain words of the patterns."""
    plain = (
        patterns.POLITE,
        patterns.DESIRE,
        patterns.STATUS,
        patterns.HOWTO,
        patterns.NO_ACTION,
        *problems.PROBLEM,
    )
    listed = {word for pattern in plain for word in re.findall(r"(?<![\\\w])[a-z]{5,}(?![\w*+?\[(])", pattern)}
    listed.update(word for nouns in words.NOUNS.values() for word in nouns.split() if len(word) > 4)
    listed.update(
        (
            "contrasena",
            "funciona",
            "funcionan",
            "conexion",
            "necesito",
            "necesitamos",
            "acceso",
            "puedo",
            "ayuda",
            "servicio",
            "quiero",
        )
    )
    return frozenset(listed)


@cache
def _core() -> dict[str, str]:
    """The plain words of the patterns, by sound: a misspelt one is put right before the patterns are tried."""
    return {_sound(word): word for word in sorted(_plain())}


@cache
def _nouns() -> dict[str, str]:
    """The longer nouns, and what each is with one letter missing."""
    listed = {word for nouns in words.NOUNS.values() for word in nouns.split() if len(word) > 5}
    slips = {noun[:at] + noun[at + 1 :]: noun for noun in sorted(listed) for at in range(1, len(noun))}
    return {**slips, **{noun: noun for noun in listed}}


@lru_cache(maxsize=KNOWN_WORDS)
def spelt(word: str) -> str:
    """The word, or the known one that it was meant to be."""
    if word in words.SHORTHAND:
        return words.SHORTHAND[word]
    if len(word) < 4 or word in vocabulary() or not word.isalpha():
        return word
    sound = _sound(word)
    meant = _core().get(sound) or (spanish_verbs()[2].get(sound) if len(word) > 3 else None)
    if meant is not None:
        return meant
    if len(word) > 4:
        kinds, _, shorter = english_verbs()
        if word in shorter:
            return shorter[word]
        if word in _nouns():
            return _nouns()[word]
        for at in range(1, len(word)):
            swapped = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
            for meant in (word[:at] + word[at + 1 :], swapped):
                if (meant in kinds or meant in _nouns()) and len(meant) > 4:
                    return meant
    return re.sub(r"(\w)\1{2,}", r"\1", word)
