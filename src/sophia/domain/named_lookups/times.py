"""When: the time range that somebody names in Spanish or English ("anoche", "since Monday", "entre las 8 y las 10").

Days begin at midnight where the user is, whatever the clock did in between; "the last 4 hours" have gone by.
What lies ahead of now is cut off: a look-up is about what has been. A word that could mean two days means the last one
that is over or under way.
"""
# ruff: noqa: PLR2004 - hours of a day are plainest where they are used

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from attrs import frozen

from sophia.domain.intent.verbs import fold
from sophia.domain.lookups import TimeRange

__all__ = ["ReadRange", "read_range"]


@frozen
class ReadRange:
    """A time range and the words that it was read from: ``text[start:end]``."""

    span: TimeRange
    words: str
    start: int
    end: int


def read_range(text: str, now: datetime) -> ReadRange | None:
    """The first time range that a text names, or None.

    Args:
        text: of a message.
        now: aware, in the time zone of whoever wrote it.
    """
    folded = fold(text)
    if len(folded) != len(text):  # a letter that folding makes longer would put the places out of step
        text = folded
    reader = _Reader(now)
    for pattern, read in _RULES:
        for match in pattern.finditer(folded):
            found = read(reader, match)
            if found is not None and (span := reader.range(*found)) is not None:
                return ReadRange(span, text[match.start() : match.end()], match.start(), match.end())
    return None


# What the rules are made of. All of it is matched against folded text.

_COUNTS = {
    **dict.fromkeys(("un", "una", "uno", "a", "an", "one"), 1),
    **dict.fromkeys(("dos", "two", "a couple of", "un par de"), 2),
    **dict.fromkeys(("tres", "three"), 3),
    **dict.fromkeys(("cuatro", "four"), 4),
    **dict.fromkeys(("cinco", "five"), 5),
    **dict.fromkeys(("seis", "six"), 6),
    **dict.fromkeys(("siete", "seven"), 7),
    **dict.fromkeys(("ocho", "eight"), 8),
    **dict.fromkeys(("nueve", "nine"), 9),
    **dict.fromkeys(("diez", "ten"), 10),
    **dict.fromkeys(("doce", "twelve"), 12),
    **dict.fromkeys(("quince", "fifteen"), 15),
    **dict.fromkeys(("veinte", "twenty"), 20),
    **dict.fromkeys(("treinta", "thirty"), 30),
}
_UNITS = {
    **dict.fromkeys(("segundo", "segundos", "second", "seconds", "seg", "secs"), "second"),
    **dict.fromkeys(("minuto", "minutos", "minute", "minutes", "min", "mins"), "minute"),
    **dict.fromkeys(("hora", "horas", "hour", "hours", "h", "hs", "hrs"), "hour"),
    **dict.fromkeys(("dia", "dias", "day", "days", "d"), "day"),
    **dict.fromkeys(("semana", "semanas", "week", "weeks"), "week"),
    **dict.fromkeys(("mes", "meses", "month", "months"), "month"),
}
_DAYS = {
    name: at
    for at, names in enumerate(
        (
            "lunes monday",
            "martes tuesday",
            "miercoles wednesday",
            "jueves thursday",
            "viernes friday",
            "sabado saturday",
            "domingo sunday",
        )
    )
    for name in names.split()
}
_MONTHS = {
    name: at
    for at, names in enumerate(
        (
            "enero january jan",
            "febrero february feb",
            "marzo march",
            "abril april apr",
            "mayo may",
            "junio june jun",
            "julio july jul",
            "agosto august aug",
            "septiembre setiembre september sept sep",
            "octubre october oct",
            "noviembre november nov",
            "diciembre december dec",
        ),
        1,
    )
    for name in names.split()
}


def _any(words: object) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))  # type: ignore[call-overload]


_COUNT = rf"(?:\d{{1,4}}|{_any(_COUNTS)})"
_HALF = r"media hora|half an hour|half hour|cuarto de hora|quarter of an hour"
_ISO = r"\d{4}-\d\d-\d\d"
_DATE = (
    rf"{_ISO}|\d{{1,2}}/\d{{1,2}}/\d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|º|o)? (?:de |of )?(?:{_any(_MONTHS)})(?:(?: de|,| of)? \d{{4}})?"
    rf"|(?:{_any(_MONTHS)}) \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
)
_DAY = (
    r"anteayer|antes de ayer|antier|the day before yesterday|ayer|yesterday|hoy|today"
    rf"|(?:(?:el|este|el pasado|on|this|last) )?(?:{_any(_DAYS)})(?: pasado)?"
    rf"|(?:(?:el(?: dia)?|dia|on(?: the)?|the) )?(?:{_DATE})|(?:el(?: dia)?|on) \d{{1,2}}/\d{{1,2}}"
)
_MORNING = r"(?:por|en|de|a) la manana|(?:in the )?morning"
_NOON = r"a mediodia|al mediodia|at noon|around noon"
_AFTERNOON = r"(?:por|en|de|a) la tarde|(?:in the )?afternoon"
_EVENING = r"(?:in the )?evening"
_NIGHT = r"(?:por|en|de|a) la noche|(?:at )?night"
_SMALL_HOURS = r"de madrugada|(?:por|en|de) la madrugada|before dawn|in the small hours"
_PART = rf"{_SMALL_HOURS}|{_MORNING}|{_NOON}|{_AFTERNOON}|{_EVENING}|{_NIGHT}"
_NAMED_PART = (
    r"esta madrugada|esta manana|esta tarde|esta noche|anteanoche|antenoche|anoche|la noche pasada|la pasada noche"
    r"|durante la noche|this morning|this afternoon|this evening|tonight|overnight|last night|during the night"
    r"|the night before last"
)
_CLOCK = (
    r"\d{1,2}(?:[:.]\d\d)?(?: ?h(?:oras?|rs)?\b)?(?: ?[ap]\.?m\b\.?)?(?: de la (?:manana|tarde|noche|madrugada))?"
    r"|mediodia|noon|medianoche|midnight"
)
_PERIOD = (
    r"(?:(?:este|esta|this|(?:the )?(?:last|past|previous)) (?:fin de semana|weekend|semana|week|mes|month|ano|year)"
    r"|(?:el|la) (?:fin de semana|semana|mes|ano) (?:pasad[oa]|anterior)|el fin de semana|the weekend)"
)
_SINCE = r"desde(?: el| la| los| las)?(?: dia)?|a partir (?:de|del)(?: las?)?|since|starting|from"


class _Reader:
    """What the words mean, for one user at one moment. Local times are naive; `range` gives them their zone."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = now.date()
        self.local = now.replace(tzinfo=None)

    def range(self, start: datetime, end: datetime) -> TimeRange | None:
        """From local (naive) or exact (aware) times; what is yet to come is cut off."""
        first, last = (self._exact(at) for at in (start, end))
        last = min(last, self.now.astimezone(UTC))
        return TimeRange(first, last) if first < last else None

    def _exact(self, at: datetime) -> datetime:
        return (at if at.tzinfo is not None else at.replace(tzinfo=self.now.tzinfo)).astimezone(UTC)

    # Each of these takes the words of one thing and tells from when to when it is.

    def ago(self, count: str, unit: str) -> datetime:
        number = int(count) if count.isdigit() else _COUNTS[count or "un"]
        name = _UNITS[unit]
        if name in {"second", "minute", "hour"}:
            return self.now.astimezone(UTC) - timedelta(**{f"{name}s": number})
        if name == "month":
            return self.local - timedelta(days=30 * min(number, 120))
        return self.local - timedelta(days=min(number * (7 if name == "week" else 1), 3660))

    def day(self, words: str) -> date | None:
        if words in {"hoy", "today"}:
            return self.today
        if words in {"ayer", "yesterday"}:
            return self.today - timedelta(1)
        if words in {"anteayer", "antes de ayer", "antier", "the day before yesterday"}:
            return self.today - timedelta(2)
        if match := re.search(rf"\b(?:{_any(_DAYS)})\b", words):
            back = (self.today.weekday() - _DAYS[match[0]]) % 7
            this = re.match(r"(?:este|this) ", words) is not None
            return self.today - timedelta(back if back or this else 7)
        return self.dated(words)

    def dated(self, words: str) -> date | None:
        """A calendar date; without a year, the last one that is not ahead."""
        if match := re.search(r"(\d{4})-(\d\d)-(\d\d)", words):
            return _date(int(match[1]), int(match[2]), int(match[3]))
        if match := re.search(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?", words):
            day, month, year = int(match[1]), int(match[2]), match[3]
        elif match := re.search(rf"(\d{{1,2}})\D{{0,7}} ?\b({_any(_MONTHS)})\b(?:\D{{0,4}}(\d{{4}}))?", words):
            day, month, year = int(match[1]), _MONTHS[match[2]], match[3]
        elif match := re.search(rf"({_any(_MONTHS)}) (\d{{1,2}})(?!\d)(?:\D{{0,4}}(\d{{4}}))?", words):
            day, month, year = int(match[2]), _MONTHS[match[1]], match[3]
        else:
            return None
        if year:
            return _date(int(year), month, day)
        this = _date(self.today.year, month, day)
        return this if this is None or this <= self.today else _date(self.today.year - 1, month, day)

    def part(self, words: str, day: date) -> tuple[datetime, datetime]:
        """A part of a day; a night goes on into the next one."""
        if re.fullmatch(_SMALL_HOURS, words):
            return _at(day, 0), _at(day, 6)
        if re.fullmatch(_MORNING, words):
            return _at(day, 6), _at(day, 12)
        if re.fullmatch(_NOON, words):
            return _at(day, 12), _at(day, 15)
        if re.fullmatch(_AFTERNOON, words):
            return _at(day, 12), _at(day, 21)
        if re.fullmatch(_EVENING, words):
            return _at(day, 17), _at(day, 24)
        return _at(day, 20), _at(day, 30)

    def named_part(self, words: str) -> tuple[datetime, datetime]:
        yesterday, hour = self.today - timedelta(1), self.local.hour
        match words:
            case "anteanoche" | "antenoche" | "the night before last":
                return _at(self.today - timedelta(2), 20), _at(self.today - timedelta(2), 30)
            case "esta noche" | "tonight" if hour >= 20:
                return _at(self.today, 20), _at(self.today, 30)
            case "esta madrugada":
                return _at(self.today, 0), _at(self.today, 6)
            case "esta manana" | "this morning":
                return self.part("morning" if hour >= 6 else "de madrugada", self.today)
            case "esta tarde" | "this afternoon":
                return self.part("afternoon", self.today)
            case "this evening":
                return self.part("evening", self.today)
            case _:
                return _at(yesterday, 20), _at(yesterday, 30)

    def period(self, words: str) -> tuple[datetime, datetime]:
        """A calendar week (from Monday), weekend, month or year."""
        over = re.search(r"\b(?:pasad[oa]|anterior|last|past)\b", words) is not None
        monday = self.today - timedelta(self.today.weekday())
        if "fin de semana" in words or "weekend" in words:
            saturday = monday + timedelta(5)
            if over or saturday > self.today:
                saturday -= timedelta(7)
            return _at(saturday, 0), _at(saturday, 48)
        if "semana" in words or "week" in words:
            start = monday - timedelta(7 if over else 0)
            return _at(start, 0), _at(start, 24 * 7)
        if "mes" in words or "month" in words:
            first = self.today.replace(day=1)
            start = (first - timedelta(1)).replace(day=1) if over else first
            return _at(start, 0), _at((start + timedelta(31)).replace(day=1), 0)
        start = date(self.today.year - over, 1, 1)
        return _at(start, 0), _at(date(start.year + 1, 1, 1), 0)

    def anything(self, words: str) -> tuple[datetime, datetime] | None:
        """A day with or without a part of it or a time, a named part, or a period."""
        if re.fullmatch(_NAMED_PART, words):
            return self.named_part(words)
        if re.fullmatch(rf"{_PERIOD}|en lo que va de (?:semana|mes|ano)", words):
            return self.period(words)
        match = re.fullmatch(rf"(?:la (madrugada|manana|tarde|noche) del? )?({_DAY})(?:,? ({_PART}))?", words)
        if match is None or (day := self.day(match[2])) is None:
            return None
        part = match[3] or (match[1] and f"por la {match[1]}")
        return self.part(part, day) if part else (_at(day, 0), _at(day, 24))

    def minutes(self, words: str, like: str = "") -> int | None:
        """A time of day in minutes from midnight; ``like`` is the other end of the stretch, which may tell the half."""
        if words in {"mediodia", "noon"}:
            return 12 * 60
        if words in {"medianoche", "midnight"}:
            return 0
        match = re.match(r"(\d{1,2})(?:[:.](\d\d))?", words)
        if match is None:
            return None
        hour, minute = int(match[1]), int(match[2] or 0)
        said = words if re.search(r"[ap]\.?m|de la", words) else like
        later = re.search(r"p\.?m|de la (?:tarde|noche)", said) is not None
        sooner = re.search(r"a\.?m|de la (?:manana|madrugada)", said) is not None
        if later and hour < 12:
            hour += 12
        elif sooner and hour == 12:
            hour = 0
        return hour * 60 + minute if hour <= 24 and minute < 60 else None

    def hour(self, words: str, day: date | None) -> tuple[datetime, datetime] | None:
        """The hour that begins at a time: of a day, or the last time that the clock showed it."""
        at = self.minutes(words)
        if at is None:
            return None
        start = _at(day or self.today, 0) + timedelta(minutes=at)
        if day is None and start > self.local:
            start -= timedelta(1)
        return start, start + timedelta(hours=1)

    def between(self, first: str, last: str, day: date | None) -> tuple[datetime, datetime] | None:
        """From one time to another, perhaps over midnight."""
        begin, end = self.minutes(first, last), self.minutes(last, first)
        if begin is None or end is None:
            return None
        start = _at(day or self.today, 0) + timedelta(minutes=begin)
        length = timedelta(minutes=(end - begin) % (24 * 60) or 24 * 60)
        if day is None and start > self.local:
            start -= timedelta(1)
        return start, start + length


_Found = tuple[datetime, datetime] | None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1970 <= year <= 9000 else None
    except ValueError:
        return None


def _at(day: date, hours: int) -> datetime:
    """So many hours of the clock after midnight."""
    return datetime.combine(day, time()) + timedelta(hours=hours)


def _last(reader: _Reader, match: re.Match[str]) -> _Found:
    if match["unit"] in {"week", "month"} and not match["count"] and "last" in match[0]:
        return None  # a week or month of the calendar
    if match["half"]:
        minutes = 15 if "cuart" in match["half"] or "quarter" in match["half"] else 30
        return reader.now.astimezone(UTC) - timedelta(minutes=minutes), reader.now
    return reader.ago(match["count"] or "", match["unit"]), reader.now


def _since_ago(reader: _Reader, match: re.Match[str]) -> _Found:
    return reader.ago(match["count"], match["unit"]), reader.now


def _ago(reader: _Reader, match: re.Match[str]) -> _Found:
    """What was so many days ago was on that day; what was so many hours ago, since then."""
    at = reader.ago(match["count"], match["unit"])
    return (at, reader.now) if at.tzinfo else (_at(at.date(), 0), _at(at.date(), 24))


def _from_to(reader: _Reader, match: re.Match[str]) -> _Found:
    first, last = reader.anything(match["first"]), reader.anything(match["last"])
    if first is None and match["first"].isdigit() and last is not None:  # "entre el 1 y el 3 de marzo"
        day = _date(last[0].year, last[0].month, int(match["first"]))
        first = (_at(day, 0), _at(day, 24)) if day else None
    return (first[0], last[1]) if first and last else None


_TIME_OF_DAY = re.compile(r"\blas?\b|\d[:.]\d|[ap]\.?m\b|\d ?h\b|noon|night|dia\b|noche")


def _between(reader: _Reader, match: re.Match[str]) -> _Found:
    follows = match.string[match.end() : match.end() + 2]
    is_bare = not (_TIME_OF_DAY.search(match[0]) or match["before"] or match["after"])
    if is_bare and (match["how"] not in {"entre", "between"} or re.match(r" ?[a-z]", follows)):
        return None  # "between 3 and 5 attempts", "de 8 a 10 caracteres"
    named = match["before"] or match["after"]
    day, part = None, ""
    if named in {"anoche", "last night"}:
        begin = reader.minutes(match["first"], match["last"])
        late = begin is not None and begin >= 12 * 60
        day = reader.today - timedelta(1) if late else reader.today
    elif named:
        found = re.fullmatch(rf"({_DAY})(?: ({_PART}))?", named)
        day, part = (reader.day(found[1]), found[2] or "") if found else (None, "")
        if day is None:
            return None
    last = match["last"]
    if re.fullmatch(rf"{_AFTERNOON}|{_NIGHT}", part) and not re.search(r"[ap]\.?m|de la", last):
        last += " pm"
    return reader.between(match["first"], last, day)


def _since(reader: _Reader, match: re.Match[str]) -> _Found:
    found = reader.anything(match["what"])
    return (found[0], reader.now) if found else None


def _since_clock(reader: _Reader, match: re.Match[str]) -> _Found:
    day = reader.day(match["day"]) if match["day"] else None
    found = reader.hour(match["clock"], day)
    return (found[0], reader.now) if found else None


def _exact(reader: _Reader, match: re.Match[str]) -> _Found:
    """An instant in ISO 8601, or two."""
    stamps = [_stamp(match[name]) for name in ("first", "last") if match[name]]
    if None in stamps:
        return None
    first, *rest = [stamp for stamp in stamps if stamp is not None]
    if rest:
        return first, rest[0]
    return first, (reader.now if match["since"] else first + timedelta(hours=1))


def _stamp(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.upper().replace(" ", "T"))
    except ValueError:
        return None


def _anything(reader: _Reader, match: re.Match[str]) -> _Found:
    return reader.anything(match["what"])


def _clock(reader: _Reader, match: re.Match[str]) -> _Found:
    day = reader.day(match["day"]) if match["day"] else None
    return reader.hour(match["clock"], day)


_Rule = Callable[[_Reader, re.Match[str]], _Found]
_DAY_OR_PART = rf"(?:la (?:madrugada|manana|tarde|noche) del? )?(?:{_DAY})(?:,? (?:{_PART}))?"
_EVERYTHING = rf"{_NAMED_PART}|{_DAY_OR_PART}|{_PERIOD}"
_INSTANT = rf"{_ISO}[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?"


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-])(?<!\blos )(?:{pattern})(?![\w-])")


_RULES: tuple[tuple[re.Pattern[str], _Rule], ...] = (
    (
        _compiled(
            rf"(?:(?P<since>{_SINCE}|entre|between) )?(?P<first>{_INSTANT})(?: (?:a|y|to|and|hasta"
            rf"|until) (?P<last>{_INSTANT}))?"
        ),
        _exact,
    ),
    (
        _compiled(
            rf"(?:(?:en|durante|de|in|over|during|for|within) )?(?:(?:los|las|el|la|the) )?"
            rf"(?:(?:ultim[oa]s?|pasad[oa]s|last|past|previous) (?:(?P<count>{_COUNT}) ?)?(?P<unit>{_any(_UNITS)})"
            rf"|(?:ultim[oa] |last |past )(?P<half>{_HALF}))"
        ),
        _last,
    ),
    (
        _compiled(rf"(?:desde|de) hace (?P<count>{_COUNT}) ?(?P<unit>{_any(_UNITS)})"),
        _since_ago,
    ),
    (_compiled(rf"(?:since|from) (?P<count>{_COUNT}) ?(?P<unit>{_any(_UNITS)}) ago"), _since_ago),
    (_compiled(rf"hace (?P<count>{_COUNT}) ?(?P<unit>{_any(_UNITS)})"), _ago),
    (_compiled(rf"(?P<count>{_COUNT}) ?(?P<unit>{_any(_UNITS)}) ago"), _ago),
    (
        _compiled(
            rf"(?:entre|desde|del?|between|from)(?: el| la)? (?P<first>{_EVERYTHING}|\d{{1,2}})"
            rf" (?:y|hasta|a|al|and|to|until|till|through)(?: el| la| the)? (?P<last>{_EVERYTHING})"
        ),
        _from_to,
    ),
    (
        _compiled(
            rf"(?:(?P<before>anoche|last night|(?:{_DAY})(?: (?:{_PART}))?),? )?"
            rf"(?P<how>entre|de|desde|between|from) (?:las? )?(?P<first>{_CLOCK}) (?:y|a|hasta|and|to|until"
            rf"|till) (?:las? )?"
            rf"(?P<last>{_CLOCK})(?:,? (?:de |del |of )?(?P<after>anoche|last night|(?:{_DAY})(?: (?:{_PART}))?))?"
        ),
        _between,
    ),
    (
        _compiled(
            rf"(?:{_SINCE}) (?:(?:las? |la )?(?P<clock>\d{{1,2}}[:.]\d\d(?: ?h)?(?: ?[ap]\.?m\b)?|\d{{1,2}} ?[ap]\.?m\b"
            rf"|(?<=las )(?:{_CLOCK})|(?<=la )(?:{_CLOCK})|noon|midnight))(?:,? (?:de |del |of )?(?P<day>{_DAY}))?"
        ),
        _since_clock,
    ),
    (_compiled(rf"(?:{_SINCE}) (?P<what>{_EVERYTHING})"), _since),
    (
        _compiled(rf"(?P<day>{_DAY}),? (?:a las? |sobre las? |at |around )(?P<clock>{_CLOCK})"),
        _clock,
    ),
    (
        _compiled(rf"(?:a las? |sobre las? |at |around )(?P<clock>{_CLOCK})(?:,? (?:de |del |of )?(?P<day>{_DAY}))?"),
        _clock,
    ),
    (_compiled(rf"(?P<what>{_NAMED_PART}|{_DAY_OR_PART})"), _anything),
    (_compiled(rf"(?P<what>{_PERIOD}|en lo que va de (?:semana|mes|ano))"), _anything),
)
