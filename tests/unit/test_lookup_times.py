"""Times as people name them, in both languages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.named_lookups.times import read_range

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 21, 16, 45, tzinfo=MADRID)  # a Saturday


def told(text: str, now: datetime = NOW) -> tuple[str, str, str] | None:
    found = read_range(text, now)
    if found is None:
        return None
    start, end = (f"{at.astimezone(now.tzinfo):%m-%d %H:%M}" for at in (found.span.start, found.span.end))
    return found.words, start, end


@pytest.mark.parametrize(
    ("text", "words", "start", "end"),
    [
        ("¿Cuántos logins fallidos hubo anoche?", "anoche", "11-20 20:00", "11-21 06:00"),
        ("failed logins last night", "last night", "11-20 20:00", "11-21 06:00"),
        ("¿Pasó algo durante la noche?", "durante la noche", "11-20 20:00", "11-21 06:00"),
        ("anteanoche", "anteanoche", "11-19 20:00", "11-20 06:00"),
        ("esta mañana", "esta mañana", "11-21 06:00", "11-21 12:00"),
        ("Esta Mañana", "Esta Mañana", "11-21 06:00", "11-21 12:00"),
        ("this afternoon", "this afternoon", "11-21 12:00", "11-21 16:45"),
        ("esta madrugada", "esta madrugada", "11-21 00:00", "11-21 06:00"),
        ("ayer por la tarde", "ayer por la tarde", "11-20 12:00", "11-20 21:00"),
        ("yesterday evening", "yesterday evening", "11-20 17:00", "11-21 00:00"),
        ("hoy", "hoy", "11-21 00:00", "11-21 16:45"),
        ("anteayer", "anteayer", "11-19 00:00", "11-20 00:00"),
        ("the day before yesterday", "the day before yesterday", "11-19 00:00", "11-20 00:00"),
        ("en las últimas 4 horas", "en las últimas 4 horas", "11-21 12:45", "11-21 16:45"),
        ("in the last 24h", "in the last 24h", "11-20 16:45", "11-21 16:45"),
        ("en los últimos tres días", "en los últimos tres días", "11-18 16:45", "11-21 16:45"),
        ("la última media hora", "la última media hora", "11-21 16:15", "11-21 16:45"),
        ("desde hace dos horas", "desde hace dos horas", "11-21 14:45", "11-21 16:45"),
        ("since two hours ago", "since two hours ago", "11-21 14:45", "11-21 16:45"),
        ("¿qué pasó hace 3 días?", "hace 3 días", "11-18 00:00", "11-19 00:00"),
        ("desde el lunes", "desde el lunes", "11-16 00:00", "11-21 16:45"),
        ("since yesterday", "since yesterday", "11-20 00:00", "11-21 16:45"),
        ("desde anoche", "desde anoche", "11-20 20:00", "11-21 16:45"),
        ("desde las 22:00 de ayer", "desde las 22:00 de ayer", "11-20 22:00", "11-21 16:45"),
        ("since 8 am", "since 8 am", "11-21 08:00", "11-21 16:45"),
        ("el sábado", "el sábado", "11-14 00:00", "11-15 00:00"),
        ("la noche del viernes", "la noche del viernes", "11-20 20:00", "11-21 06:00"),
        ("de lunes a miércoles", "de lunes a miércoles", "11-16 00:00", "11-19 00:00"),
        ("this week", "this week", "11-16 00:00", "11-21 16:45"),
        ("la semana pasada", "la semana pasada", "11-09 00:00", "11-16 00:00"),
        ("last month", "last month", "10-01 00:00", "11-01 00:00"),
        ("last weekend", "last weekend", "11-14 00:00", "11-16 00:00"),
        ("entre las 8 y las 10", "entre las 8 y las 10", "11-21 08:00", "11-21 10:00"),
        ("ayer entre las 8 y las 10 de la noche", None, "11-20 20:00", "11-20 22:00"),
        ("between 8 and 10 pm", "between 8 and 10 pm", "11-20 20:00", "11-20 22:00"),
        ("between 8am and 10am yesterday", None, "11-20 08:00", "11-20 10:00"),
        ("entre las 22 y las 6", "entre las 22 y las 6", "11-20 22:00", "11-21 06:00"),
        ("ayer a las 22:52", "ayer a las 22:52", "11-20 22:52", "11-20 23:52"),
        ("yesterday at 5 pm", "yesterday at 5 pm", "11-20 17:00", "11-20 18:00"),
        ("on 3 March", "on 3 March", "03-03 00:00", "03-04 00:00"),
        ("March 3rd", "March 3rd", "03-03 00:00", "03-04 00:00"),
        ("el 3 de diciembre", "el 3 de diciembre", "12-03 00:00", "12-04 00:00"),
        ("del 1 al 3 de marzo", "del 1 al 3 de marzo", "03-01 00:00", "03-04 00:00"),
        ("between 1 and 3 March", "between 1 and 3 March", "03-01 00:00", "03-04 00:00"),
        ("21/11/2026", "21/11/2026", "11-21 00:00", "11-21 16:45"),
        ("2026-11-01", "2026-11-01", "11-01 00:00", "11-02 00:00"),
        ("from 2026-11-01 to 2026-11-03", None, "11-01 00:00", "11-04 00:00"),
        ("2026-11-01T10:00Z", "2026-11-01T10:00Z", "11-01 11:00", "11-01 12:00"),
        ("en lo que va de mes", "en lo que va de mes", "11-01 00:00", "11-21 16:45"),
    ],
)
def test_a_time_is_read_where_its_user_is(text, words, start, end) -> None:
    assert told(text) == (words or text, start, end)


def test_a_date_without_a_year_is_the_last_one() -> None:
    found = read_range("el 3 de diciembre", NOW)
    assert found is not None
    assert found.span.start.year == 2025


@pytest.mark.parametrize(
    "text",
    [
        "",
        "logins de 203.0.113.7",
        "la regla 10/24",
        "¿Cuántas copias se hacen a la semana?",
        "¿Qué se hace los lunes?",
        "El plazo es de 24 horas",
        "un máximo de 3 días",
        "between 3 and 5 attempts",
        "de 8 a 10 caracteres",
        "la interfaz ethernet1/5 de fw-madrid-2",
        "CVE-2024-3400",
        "mañana",
        "el 31 de febrero",
        "2026-13-45",
    ],
)
def test_what_names_no_time_is_none(text) -> None:
    assert told(text) is None


def test_days_begin_at_midnight_whatever_the_clock_did() -> None:
    """On 25 October 2026 the clocks of Madrid went back at three: the day had 25 hours, the last four hours four."""
    later = datetime(2026, 10, 26, 9, tzinfo=MADRID)
    day = read_range("ayer", later)
    assert day is not None
    assert day.span.length == timedelta(hours=25)
    at = datetime(2026, 10, 25, 5, tzinfo=MADRID)
    hours = read_range("últimas 4 horas", at)
    assert hours is not None
    assert hours.span.start == datetime(2026, 10, 25, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Madrid", "America/Bogota", "Asia/Kolkata"])
def test_today_is_where_its_user_is(zone) -> None:
    now = datetime(2026, 11, 21, 1, 30, tzinfo=UTC).astimezone(ZoneInfo(zone))
    found = read_range("hoy", now)
    assert found is not None
    local = found.span.start.astimezone(ZoneInfo(zone))
    assert (local.hour, local.minute, local.date()) == (0, 0, now.date())


MOMENTS = st.integers(946_800_000, 3_700_000_000).map(lambda at: datetime.fromtimestamp(at, MADRID))
NAMED = st.sampled_from(
    "anoche|hoy|ayer|esta mañana|esta tarde|esta noche|tonight|últimas 3 horas|since Monday|el lunes|esta semana"
    "|last month|entre las 22 y las 6|a las 10|el fin de semana|3 March|ayer por la noche|hace 5 días|last year".split(
        "|"
    )
)


@given(NAMED, MOMENTS)
def test_a_range_is_never_ahead_of_now(text, now) -> None:
    found = read_range(text, now)
    if found is not None:
        assert found.span.start < found.span.end <= now.astimezone(UTC)
        assert text[found.start : found.end] == found.words


@given(st.text(alphabet="entre lasy10:.de ayrmñana/-20T", max_size=60), MOMENTS)
def test_any_text_is_read_or_not(text, now) -> None:
    found = read_range(text, now)
    assert found is None or found.span.length > timedelta(0)
