"""Languages, dates and times; and that the catalogs hold exactly what the code says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from services.i18n import CATALOGS, LANGUAGES, N_, translator

ROOT = Path(__file__).parents[2]
SEOUL = ZoneInfo("Asia/Seoul")
KO, EN = translator("ko"), translator("en")
# Which arguments are texts; what comes before is the context.
TRANSLATING = {"gettext": slice(0, 1), "ngettext": slice(0, 2), "pgettext": slice(1, 2), "N_": slice(0, 1)}
Id = tuple[str | None, str | tuple[str, ...]]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("locale", "default", "language"),
    [
        ("ko", "en", "ko"),
        ("ko-KR", "en", "ko"),
        ("ko_KR.UTF-8", "en", "ko"),
        ("en_US", "ko", "en"),
        ("EN-gb", "ko", "en"),
        ("fr", "ko", "ko"),
        ("", "en", "en"),
        ("../../etc", "ko-KR", "ko"),
        ("fr", "de", "en"),
    ],
)
def test_the_language_of_a_locale(locale: str, default: str, language: str) -> None:
    assert translator(locale, default=default).language == language


def test_texts_dates_and_times_read_well() -> None:
    assert KO.gettext("Settings") == "설정"
    assert (KO.short_date(date(2026, 11, 21)), EN.short_date(date(2026, 11, 21))) == (
        "11월 21일 (토)",
        "Sat, Nov 21",
    )
    assert (KO.time(at(21, 9)), EN.time(at(21, 9))) == ("오전 9:00", "9:00 AM")
    assert (KO.time(at(21, 0, 5)), EN.time(at(21, 12))) == ("오전 12:05", "12:00 PM")


@pytest.mark.parametrize(
    ("start", "end", "korean", "english"),
    [
        (at(21, 10), at(21, 11), "오전 10:00∼11:00", "10:00–11:00 AM"),
        (at(21, 11, 30), at(21, 13), "오전 11:30∼오후 1:00", "11:30 AM–1:00 PM"),
        (at(21, 14), at(21, 14), "오후 2:00", "2:00 PM"),
        (at(21, 22), at(22, 1), "오후 10:00∼오전 1:00", "10:00 PM–1:00 AM"),
    ],
)
def test_a_range_names_the_half_of_the_day_once(
    start: datetime, end: datetime, korean: str, english: str
) -> None:
    assert (KO.time_range(start, end), EN.time_range(start, end)) == (korean, english)


@pytest.mark.parametrize(
    ("day", "korean", "english"),
    [
        (date(2026, 11, 21), "오늘", "today"),
        (date(2026, 11, 20), "어제", "yesterday"),
        (date(2026, 11, 22), "내일", "tomorrow"),
        (date(2026, 11, 15), "일요일", "Sunday"),
        (date(2026, 11, 14), "11월 14일 (토)", "Sat, Nov 14"),
        (date(2026, 11, 24), "11월 24일 (화)", "Tue, Nov 24"),
        (date(2025, 12, 31), "2025년 12월 31일", "December 31, 2025"),
    ],
)
def test_days_are_named_as_seen_from_today(day: date, korean: str, english: str) -> None:
    today = date(2026, 11, 21)
    assert (KO.day(day, today=today), EN.day(day, today=today)) == (korean, english)


@pytest.mark.parametrize(
    ("minutes", "korean", "english"),
    [
        (0, "0분", "0 minutes"),
        (1, "1분", "1 minute"),
        (60, "1시간", "1 hour"),
        (130, "2시간 10분", "2 hours 10 minutes"),
        (24 * 60, "1일", "1 day"),
        (27 * 60 + 5, "1일 3시간", "1 day 3 hours"),
    ],
)
def test_durations_are_as_exact_as_it_helps(minutes: int, korean: str, english: str) -> None:
    length = timedelta(minutes=minutes, seconds=59)
    assert (KO.duration(length), EN.duration(length)) == (korean, english)


def test_values_are_never_taken_for_placeholders() -> None:
    assert EN.gettext("{a}", a="{b} {0}") == "{b} {0}"


# --- the catalogs against the code -------------------------------------------------------------------------


def extracted() -> dict[Id, str]:
    """Every message that Babel finds in the sources, and the file it is in."""
    with (ROOT / "babel.cfg").open() as mapping:
        method_map, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    found = extract_from_dir(ROOT, method_map, options, strip_comment_tags=False)
    return {(context, message): path for path, _, message, _, context in found}


def catalog(language: str) -> Catalog:
    with (CATALOGS / language / "LC_MESSAGES" / "messages.po").open("rb") as po:
        return read_po(po, locale=language)


def translated(language: str) -> Iterator[tuple[Message, list[str], list[str]]]:
    """Each message with its English forms and its translated ones."""
    for message in catalog(language):
        if message.id:
            yield message, forms(message.id), forms(message.string)


def forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


FOREIGN = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("language", FOREIGN)
def test_the_catalog_holds_exactly_the_messages_of_the_code(language: str) -> None:
    held = {(message.context, message.id) for message in catalog(language) if message.id}
    code = extracted()
    assert {message: code[message] for message in code.keys() - held} == {}, "missing: run make messages"
    assert held - code.keys() == set(), "no longer in the code: run make messages"
    assert list(catalog(language).obsolete) == []


@pytest.mark.parametrize("language", FOREIGN)
def test_every_message_is_translated_with_the_same_placeholders(language: str) -> None:
    for message, english, other in translated(language):
        assert all(text.strip() for text in other), f"not translated: {message.id}"
        assert not message.fuzzy, f"fuzzy: {message.id}"
        assert all(placeholders(text) == placeholders(english[-1]) for text in other), message.id
        assert len(other) == (catalog(language).num_plurals if message.pluralizable else 1), message.id


@pytest.mark.parametrize("language", FOREIGN)
def test_no_translation_formats_what_the_english_does_not(language: str) -> None:
    for message, english, other in translated(language):
        for mark in "*_~`<>&":
            counts = {text.count(mark) for text in [*english, *other]}
            assert len(counts) == 1, f"{mark} in {message.id}"


def test_no_text_hides_from_the_catalogs() -> None:
    """Babel overlooks what is inside an f-string or is no literal."""
    known = {text for _, message in extracted() for text in forms(message)}
    for path in [*ROOT.glob("services/**/*.py"), *ROOT.glob("portal/**/*.py"), *ROOT.glob("pages/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                hidden = [text for text in literals(node) if text not in known]
                assert not hidden, f"{path.name}:{node.lineno}: {hidden}"


def literals(call: ast.Call) -> list[str]:
    """The texts a call translates; names are fine, they were marked where they were written."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = call.args[TRANSLATING.get(name, slice(0, 0))]
    return [
        ast.literal_eval(text) if isinstance(text, ast.Constant) else ast.unparse(text)
        for text in texts
        if isinstance(text, ast.Constant | ast.JoinedStr | ast.BinOp)
    ]


def test_marked_texts_are_themselves() -> None:
    assert N_("Settings") == "Settings"
