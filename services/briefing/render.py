"""A briefing as a Slack message: calm, the most important first, always within Slack's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.briefing import wording
from services.briefing.agenda_lines import agenda_notes, event_lines
from services.briefing.blocks import (
    Block,
    context,
    divider,
    header,
    link_button,
    section,
    sections,
    size,
)
from services.briefing.escape import cut, escape, link, literal
from services.briefing.mail_lines import counted_only, mail_item, only_counted_before
from services.briefing.missing import by_cause, explain
from services.briefing.model import Agenda, Briefing, Headlines, MailDigest, Missing, SlackMessage, Source
from services.i18n import Translator, translator
from services.sources.records import NewsItem

SIZE_LIMIT = 12_000
FALLBACK_COLUMNS = 200
FEED_COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told: items of each section, and widths in columns (0: left out)."""

    events: int
    event_title: int
    mails: int
    subject: int
    text: int
    headlines: int
    headline: int


# From what reads best to what fits whatever the sources gave. Typical days fit the first.
DETAILS = (
    Detail(events=12, event_title=60, mails=7, subject=90, text=150, headlines=5, headline=90),
    Detail(events=10, event_title=48, mails=7, subject=80, text=80, headlines=4, headline=72),
    Detail(events=8, event_title=40, mails=6, subject=60, text=40, headlines=3, headline=60),
    Detail(events=6, event_title=32, mails=4, subject=48, text=0, headlines=2, headline=48),
    Detail(events=3, event_title=24, mails=2, subject=32, text=0, headlines=1, headline=32),
)


def render_slack(briefing: Briefing) -> SlackMessage:
    """The briefing in the reader's language, with as much detail as Slack takes."""
    t = translator(briefing.locale)
    for detail in DETAILS:  # the last one always fits
        blocks = _blocks(briefing, t, detail)
        if size(blocks) <= SIZE_LIMIT:
            break
    return SlackMessage(_fallback(briefing, t), blocks)


def _blocks(briefing: Briefing, t: Translator, detail: Detail) -> list[Block]:
    parts = [
        _agenda(briefing.agenda, briefing, t, detail)
        if briefing.agenda
        else _missing("calendar", briefing, t),
        _mail(briefing.mail, briefing, t, detail) if briefing.mail else _missing("mail", briefing, t),
        _news(briefing.news, t, detail) if briefing.news else _missing("news", briefing, t),
    ]
    blocks = [header(wording.title(briefing, t)), section(wording.opening(briefing, t))]
    for part in parts:
        if part and not briefing.nothing_new:
            blocks += [divider(), *part]
    return [*blocks, divider(), *context(wording.closing(briefing, t))]


def _agenda(agenda: Agenda, briefing: Briefing, t: Translator, detail: Detail) -> list[Block]:
    lines = event_lines(agenda, briefing, t, limit=detail.events, title=detail.event_title)
    notes = agenda_notes(agenda, t, listed=len(lines), title=detail.event_title)
    if not lines:
        lines = [
            t.gettext("Nothing more today.") if agenda.over else t.gettext("Nothing in the calendar today.")
        ]
    heading = _marked(t.gettext("📅 *Today*"), "calendar", briefing)
    return [*sections([heading, *lines]), *context(notes)]


def _mail(digest: MailDigest, briefing: Briefing, t: Translator, detail: Detail) -> list[Block]:
    shown = digest.items[: detail.mails]
    unlisted = sum(len(item.message_ids) for item in digest.items[detail.mails :])
    texts = [mail_item(item, briefing, t, subject=detail.subject, text=detail.text) for item in shown]
    counted = counted_only(digest, t, unlisted=unlisted)
    before = only_counted_before(briefing, digest, t)
    notes = context([*counted, *([before] if before else [])])
    return [section(_mail_heading(digest, briefing, t)), *map(section, texts), *notes]


def _mail_heading(digest: MailDigest, briefing: Briefing, t: Translator) -> str:
    heading = _marked(t.gettext("📬 *Mail*"), "mail", briefing)
    if digest.items:
        return heading
    if digest.total:
        return heading + "\n" + t.gettext("Nothing among the new mail seems to need you.")
    return heading + "\n" + t.gettext("No new mail.")


def _marked(heading: str, source: Source, briefing: Briefing) -> str:
    """The heading of a section, marked where the day's briefing lacked it."""
    return f"{heading} 🆕" if source in briefing.added else heading


def _news(news: Headlines, t: Translator, detail: Detail) -> list[Block]:
    if not news.items:
        return []
    lines = [_headline(item, detail) for item in news.items[: detail.headlines]]
    failed = news.failed_feeds
    notes = [t.ngettext("{n} feed did not answer", "{n} feeds did not answer", failed)] if failed else []
    return [*sections([t.gettext("📰 *News*"), *lines]), *context(notes)]


def _headline(item: NewsItem, detail: Detail) -> str:
    story = link(item.link, literal(item.title, detail.headline))
    return " · ".join(filter(None, [f"• {story}", literal(item.feed, FEED_COLUMNS)]))


def _missing(source: Source, briefing: Briefing, t: Translator) -> list[Block]:
    """The notice of what is missing, where the first of the sections concerned would stand."""
    return [
        _explained(causes, briefing, t) for causes in by_cause(briefing.missing) if causes[0].source == source
    ]


def _explained(missing: Sequence[Missing], briefing: Briefing, t: Translator) -> Block:
    why = explain(missing, t, portal_url=briefing.portal_url, account_email=briefing.account_email)
    button = link_button(why.button, why.url, why.action_id) if why.url else None
    return section(f"⚠️ {why.happened}\n{why.cure}", button)


def _fallback(briefing: Briefing, t: Translator) -> str:
    """What a notification shows: the title and the counts, or why there are none."""
    counts = wording.highlights(briefing, t)
    missing = wording.missing_sections(briefing, t) if counts else ""
    parts = [
        wording.title(briefing, t),
        *(counts or [wording.at_a_glance(briefing, t)]),
        *([t.gettext("missing: {sections}", sections=missing)] if missing else []),
    ]
    return escape(cut(" · ".join(parts), FALLBACK_COLUMNS))
