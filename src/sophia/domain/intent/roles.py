"""What a verb is doing: requesting, forbidding, telling of the past, asking how, supposing, or none of these.

Each function gives role and manner (see `parts.Verb`) from the verb's form and the words before it.
"""

import re

from sophia.domain.intent import words
from sophia.domain.intent.parts import CONJUNCTIONS, noun_kinds

__all__ = ["CLITIC_BEFORE", "DETERMINERS", "english_role", "is_joined", "spanish_role"]

CLITIC_BEFORE = frozenset("me te se lo la los las le les nos os".split())
DETERMINERS = frozenset(
    "el la los las un una unos unas mi mis tu su sus nuestro nuestra este esta estos estas ese esa esos "
    "esas me lo le les nos todo toda todos todas al a the a an my our your this that these those all every "
    "each any both".split()
)

_THE = frozenset("el la mi su tu ese esa este esta".split())

# "Quiero aprender a rotarla", "I'm learning to rotate it": whoever says so means to do it themselves.
_LEARNING = frozenset("aprender aprendo aprendiendo ensename ensenarme learn learning".split())

_GOES_ON = frozenset("sigue siguen sigo seguimos continua continuan".split())

_ASKING_FOR = frozenset("pido pidiendo pedimos exijo".split())

# What is said not to be wanted, right before the verb that names it.
_UNWANTED = re.compile(
    r"\bno (?:me |nos |os |le |te )?(?:hace falta|hara falta|hay|quiero|queremos|necesito|necesitamos|pido|"
    r"pedimos|busco|es necesario|es preciso|tienes|tienen|teneis)(?: \w+){0,3}$|\b(?:no need|don't (?:need|"
    r"want)|do not (?:need|want)|not asking|no reason|no point|no longer (?:need|want))(?: \w+){0,4}$"
)


def spanish_role(
    flags: frozenset[str],
    question: bool,
    moods: set[str],
    clitic: str,
    before: list[str],
    clause: list[str],
    opening: bool,
    first: bool,
    modal: bool,
    need: bool,
    next_word: str,
) -> tuple[str, str]:
    """Role and manner of a Spanish verb form from its mood and what stands before it."""
    last = before[-1] if before else ""
    near = before[-3:]
    said = [w for w in clause if w not in CLITIC_BEFORE]
    kindly = question and modal and said[-1:] != [] and said[-1] not in words.NEGATION  # "¿no os importaría cerrar…?"
    negated = any(w in words.NEGATION for w in clause[-3:] if w not in CLITIC_BEFORE) and not (
        kindly or any(w in {"si", "solo"} for w in near)
    )
    if "wishif" in flags and "isub" in moods:
        return "req", "that"
    if "cond" in moods and question and last in {"me", "nos", "le", "les"} and "suppose" not in flags:
        return "req", "ask"
    if moods & {"isub", "cond"} and not moods & {"imp", "sub"}:
        if "que" in near and need and "hyp" not in flags:
            return "req", "that"
        return "hyp", ""
    if clause[-1:] == ["sin"] and _GOES_ON & set(clause[-2:]):  # "sigue sin conectar" is told, not forbidden
        return "plain", "inf"
    if negated and moods & {"imp", "sub", "sub2", "inf", "imp2"}:
        return "neg", ""
    if "pres1p" in moods and "ago" in flags and not question and not {"imp", "sub"} & moods:
        return "past", ""
    if moods <= {"pret", "part"}:
        if "part" in moods and need and not question:
            wanted = not next_word and before[-1:] != ["no"] and _THE & set(before[-5:])
            return ("req", "passive") if wanted else ("plain", "part")
        return "past", ""
    if clitic and moods & {"imp", "imp2", "sub"} and not moods & {"inf", "ger"}:
        return "req", "imp0" if first else "clitic"
    if opening and moods & {"imp", "imp2", "sub"} and (not question or clitic or "imp2" in moods):
        return "req", "imp0" if first else "imp"
    if "imp2" in moods and "imp" not in moods:
        return "req", "imp"
    if moods & {"sub", "sub2"}:
        if last in CLITIC_BEFORE:
            last = before[-2] if len(before) > 1 else ""
        if "que" in clause[-4:] and _UNWANTED.search(" ".join(clause)):
            return "neg", ""
        if "victoria" in before and "que" in before[-4:]:
            return "req", "that"
        if "que" in before[-4:] and ("para" not in before[-5:]):
            if _ASKING_FOR & set(clause[:2]):  # "no pregunto cómo se hace, estoy pidiendo que lo hagas"
                return "req", "imp"
            if "howto" in flags:
                return "howto", ""
            named = before[len(before) - 2 - before[::-1].index("que")] if before.index("que") else ""
            if named in noun_kinds() or named in {"nuevo", "nueva"}:
                return "plain", "that"
            wished = need or modal or before[0] == "que" or before[:2] == ["a", "ver"]
            return ("req", "that") if wished else ("plain", "that")
        return "plain", "sub"
    if moods == {"ger"} and modal:
        return "req", "modal"
    if "inf" in moods and _UNWANTED.search(" ".join(clause)):
        return "neg", ""
    if "inf" in moods:
        if "howto" in flags or (last == "a" and _LEARNING & set(clause[-2:])):
            return "howto", ""
        if last == "a" and not question and (len(clause) == 1 or clause[-2] in {"que", "pues", "ya"}):
            return "req", "imp"
        if modal:
            return "req", "modal"
        if "hyp" in flags:
            return "hyp", ""
        if need and last not in words.PURPOSE:
            return ("howto", "") if question else ("req", "need")
        if opening and not question and (first or last not in CONJUNCTIONS):
            return "req", "inf"
        if opening and question:
            return "plain", "inf"
        return "plain", "inf"
    if (
        "pres2" in moods
        and not question
        and last in CLITIC_BEFORE
        and before[-2:-1]
        and before[-2] in {"me", "nos", "me-lo"}
    ):
        return "req", "ask"
    if "pres2" in moods and not question and last in {"me", "nos"}:
        return "req", "ask"
    if question and "howto" not in flags and "hyp" not in flags and moods & {"pres2", "pres3p", "imp", "pres1p"}:
        near_clitic = last in CLITIC_BEFORE - {"se"}
        if near_clitic and moods & {"pres2", "pres3p", "imp"} and not any(w in words.WH_WORDS for w in before[:-1]):
            return "req", "ask"
        if opening and moods & {"pres2", "pres3p"} and next_word in DETERMINERS:
            return "req", "ask2"
        if opening and "pres1p" in moods:
            return "plain", "we"
    if "howto" in flags:
        return "howto", ""
    return "plain", ""


def is_joined(moods: set[str], clause: list[str], opening: bool, modal: bool, need: bool, told: bool) -> bool:
    """Whether a verb joined to a question is asked for beside it, as the question itself was asked for.

    "¿Podrías decirme quién es y reiniciarlo?", "¿me dices quién es y lo reinicias?", "necesito saber quién es y que lo
    reinicies", "could you tell me who it is and also restart it".

    Args:
        moods: of the verb.
        clause: the words from the conjunction to the verb.
        opening: whether only pronouns and words like "also" stand between.
        modal: whether the question was asked for by "could you".
        need: whether by "I need".
        told: whether by "tell me".
    """
    if any(word in words.NEGATION for word in clause):
        return False
    if clause[:1] == ["que"]:
        return bool(moods & {"sub", "sub2"}) and (modal or need or told)
    if "pres2" in moods and (modal or told):
        return opening or clause[-1] in CLITIC_BEFORE - {"se"}
    return opening and bool(moods & {"inf", "base", "ing"}) and (modal or need)


_AUXILIARY = frozenset("be been being get gets got getting is are was were gotten have has had it them".split())
_AFTER_PARTICIPLE = frozenset(
    "by on off to from at in for before after until asap today tonight now please up down out over back "
    "again with as and or if the into immediately".split()
) | {""}
_SUBJECTS = frozenset(
    "i you we they he she it to who that which can could would should will may might must did do does and "
    "or let's cannot just".split()
)
# "He has reset it": the past of some verbs is spelt as an order is.
_DONE = frozenset("has had been hasn't i've we've they've you've".split())
_WE_HAVE = tuple([who, "have"] for who in ("i", "we", "they", "you"))
_DOERS = frozenset("i we they he she already just".split())


def english_role(
    flags: frozenset[str],
    question: bool,
    moods: set[str],
    before: list[str],
    clause: list[str],
    opening: bool,
    first: bool,
    modal: bool,
    need: bool,
    after: str,
) -> tuple[str, str]:
    """Role and manner of an English verb form."""
    near = before[-3:]
    last = before[-1] if before else ""
    if "base" in moods and question and clause == ["shall", "we"]:
        return "plain", "we"
    negated = "suggest" not in flags and any(w in words.NEGATION for w in clause[-3:])
    if "base" in moods and negated and last not in {"the", "a"}:
        return "neg", ""
    if moods & {"base", "past"} and _UNWANTED.search(" ".join(clause)):
        return "neg", ""
    if {"base", "past"} <= moods and not question and (last in _DONE or before[-2:] in _WE_HAVE):
        return "past", ""
    if "base" in moods and last == "to" and _LEARNING & set(clause[-2:]):
        return "howto", ""
    if "ing" in moods:
        if "mind" in before[-4:] or (modal and opening and "mind" in before):
            return "req", "modal"
        if need and re.search(r"needs?|requires?|wants?", " ".join(before[-2:])):
            if "nothing" in near:
                return "neg", ""
            return "req", "passive"
        if "without" in near:
            return "neg", ""
    if (
        "base" in moods
        and opening
        and (not question or first or last in CONJUNCTIONS)
        and after not in {"is", "are", "was", "were", "has", "of", "rate", "status", "only", "access"}
    ):
        return "req", "imp0" if first else "imp"
    if "base" in moods and last in {"please", "kindly", "pls", "just", "go", "then", "porfa"}:
        return "req", "imp"
    if "base" in moods:
        if "howto" in flags:
            return "howto", ""
        if modal and last not in words.PURPOSE - {"to"} and last not in DETERMINERS:
            return "req", "modal"
        if "hyp" in flags:
            return "hyp", ""
        if need and question and last in {"should", "must", "we", "i", "one", "to"}:
            return "howto", ""
        if need and last in {
            "to",
            "should",
            "must",
            "you",
            "someone",
            "somebody",
            "team",
            "victoria",
            "better",
            "would",
        }:
            return "req", "need"
    if "base" in moods and after in {"it", "them"} and not question and last not in _SUBJECTS and "hyp" not in flags:
        return "req", "mid"
    if "base" in moods and last == "to" and {"victoria", "someone", "somebody"} & set(before[-3:]):
        return "req", "need"
    please = "please" in flags and after in _AFTER_PARTICIPLE
    if moods == {"past"} and please and not question and not _SUBJECTS & set(before):
        return "req", "passive"
    if "past" in moods and last in _DOERS and not flags & {"hyp", "wishif"} and (moods == {"past"} or "ago" in flags):
        return "past", ""
    if "past" in moods:
        adjective = last not in _AUXILIARY and after not in _AFTER_PARTICIPLE
        if "wishif" in flags and "base" not in moods:
            return "req", "passive"
        if adjective and "base" not in moods and not (modal and before[-1:] and last not in DETERMINERS):
            return "plain", ""
        if "base" not in moods and (need or "polite" in flags) and not question and "hyp" not in flags:
            return "req", "passive"
        if modal:
            return "req", "passive"
        if (
            before[-1:]
            and re.search(r"\b(?:get|have|got|getting)\b", " ".join(before[-6:]))
            and ("please" in flags or modal or need or {"get", "have"} & set(clause[:1]))
        ):
            return "req", "passive"
        return "past", ""
    if "howto" in flags:
        return "howto", ""
    return "plain", ""
