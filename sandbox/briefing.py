"""`make briefing`: real mail in, one DM out, through the whole product, against the sandbox.

With `--mail` somebody's exported mail (Google Takeout's .mbox, or an .eml) is loaded for one person; without,
the cast gets its briefings. People connect through the real OAuth exchange, the sidecar does the rest.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import delete, func, select

import scheduler
from sandbox.app import serve
from sandbox.environment import environment
from sandbox.keepsake import keep_page
from sandbox.slack.state import workspace
from sandbox.survey import RECENT, Survey, survey
from sandbox.world import Person, World
from services.briefing.model import SlackMessage
from services.briefing.plain import message_as_text
from services.connect import flow, sessions
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, ConversationMessage, GmailToken, User
from services.errors import PortalError
from services.logs import configure_logging
from services.people import NewPerson, register
from services.runtime import Runtime, open_runtime
from services.settings import Settings, load_settings

KEY = "you"
SLACK_ID = "U0YOU00000"
CALENDAR = "https://www.googleapis.com/auth/calendar.readonly"
OVERNIGHT = timedelta(hours=10)
ARRIVE_AT_MOST = 60
SHOWN = ("seoyeon", "emma")
FEED = {"ko": "korea", "en": "tech"}


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when the DM is out."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave in order, as on Ctrl-C
    configure_logging(level=os.environ.get("LOG_LEVEL", "WARNING"))
    try:
        with _running(options) as (runtime, world):
            send = _brief_export if options.mail else _brief_cast
            done = send(runtime, world, options)
            if done and options.stay:
                _stay(world)
            return 0 if done else 1
    except OSError as exc:
        return _refuse(f"{exc.filename}: {exc.strerror}" if exc.filename else str(exc))
    except (PortalError, ValueError) as exc:
        return _refuse(str(exc))


def _refuse(reason: str) -> int:
    print(f"make briefing: {reason}", file=sys.stderr)
    return 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make briefing", description=__doc__)
    parser.add_argument("--mail", type=lambda given: Path(given).expanduser(), help="an .mbox or .eml file")
    parser.add_argument("--locale", choices=["ko", "en"], default=os.environ.get("DEFAULT_LOCALE", "ko"))
    parser.add_argument("--stay", action="store_true", help="keep the Slack page open until Ctrl-C")
    return parser.parse_args(arguments)


@contextmanager
def _running(options: argparse.Namespace) -> Iterator[tuple[Runtime, World]]:
    """A sandbox and the product pointed at it, with a database of its own that starts without people."""
    world = World("")
    if options.mail:
        found = survey(options.mail, now=world.now())
        options.survey = found
        world.add(_person(found, options.locale))
    with serve(world), open_runtime(_settings(world)) as runtime:
        with transaction(runtime.sessions) as session:
            session.execute(delete(User))
            session.execute(delete(GmailToken))  # rows that no foreign key removes
        yield runtime, world


def _settings(world: World) -> Settings:
    """The sandbox's own settings; of the environment only what says where and when."""
    kept = ("BRIEFING_TIME", "BRIEFING_TIMEZONE", "NEWS_FEEDS", "FEED_ALLOWED_HOSTS")
    data_dir = Path(os.environ.get("DATA_DIR", ".data")) / "demo"
    values = {
        "DATA_DIR": str(data_dir),
        "FEED_ALLOWED_HOSTS": urlsplit(world.base_url).netloc,
        **environment(world),
        **{name: os.environ[name] for name in kept if name in os.environ},
    }
    return load_settings(values, env_file=None)


def _person(found: Survey, locale: str) -> Person:
    zone = os.environ.get("BRIEFING_TIMEZONE", "Asia/Seoul")
    name = found.name or found.owner.partition("@")[0]
    return Person(KEY, name, found.owner, SLACK_ID, found.owner, locale, zone)


def _brief_export(runtime: Runtime, world: World, options: argparse.Namespace) -> bool:
    """One person with their own mail."""
    found: Survey = options.survey
    person = world.people[KEY]
    moment = _load(world, options.mail.absolute(), found, person, runtime.settings.briefing_time)
    _join(runtime, world, person, due=moment, covered_until=moment - RECENT)
    scheduler.run_once(runtime, now=moment)
    return _show(runtime, world, person)


def _load(world: World, file: Path, found: Survey, person: Person, at: time) -> datetime:
    """Put the mail into the sandbox's mailbox; returns the morning that the briefing is for."""
    now, path = world.now(), f"/people/{person.key}/mail"
    _say(f"{len(found.newest)} mail(s) of {found.owner}, the newest of {found.last:%Y-%m-%d}.")
    if not found.is_sparse:
        _control(world, path, json={"path": str(file)})
        return min(_morning_after(found.last, at, ZoneInfo(person.timezone)), now)
    arriving = found.newest[:ARRIVE_AT_MOST]
    _say(f"They are far apart, so the newest {len(arriving)} arrive as if last night, in their order.")
    for place, message in enumerate(arriving):
        received_at = now - timedelta(minutes=5) - place * OVERNIGHT / len(arriving)
        _control(world, path, content=message.read(), received_at=received_at)
    return now


def _morning_after(moment: datetime, at: time, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    morning = datetime.combine(local.date(), at, tzinfo=zone)
    return morning if morning > local else morning + timedelta(days=1)


def _brief_cast(runtime: Runtime, world: World, options: argparse.Namespace) -> bool:
    """Everybody who lives in the sandbox; two of them are shown in full."""
    now = world.now()
    people = list(world.people.values())
    for person in people:
        _join(runtime, world, person, due=now, scopes=(CALENDAR,))
    scheduler.run_once(runtime, now=now)
    done = [_show(runtime, world, world.people[key]) for key in SHOWN]
    _say("Everybody:")
    for name, status, completeness, error in _outcomes(runtime):
        _say(
            f"  {name}: {status}{f', {completeness}' if completeness else ''}{f' ({error})' if error else ''}"
        )
    return all(done)


def _join(
    runtime: Runtime,
    world: World,
    person: Person,
    *,
    due: datetime,
    covered_until: datetime | None = None,
    scopes: tuple[str, ...] = (),
) -> None:
    """Register somebody, walk them through the consent, and let their briefing be due."""
    new = NewPerson(
        person.name, person.google_email, person.locale, person.timezone, person.slack_user_id or None
    )
    with transaction(runtime.sessions) as session:
        user_id = register(session, new, runtime.settings, now=due).id
    consent = flow.begin(runtime, user_id, scopes=scopes)
    back = _control(world, "/consent", json={"url": consent.url, "person": person.key})["location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(str(back)).query).items()}
    callback = flow.Callback(query["state"], consent.browser_secret, user_id, code=query.get("code", ""))
    attempt = flow.finish(runtime, callback)
    with transaction(runtime.sessions) as session:
        sessions.advance(session, attempt.id, "completed", "completed")
        settings = session.get_one(BriefingSettings, user_id)
        settings.next_due_at = due
        settings.covered_until = covered_until
        settings.feeds = list(runtime.settings.news_feeds) or [
            f"{world.base_url}/feeds/{FEED[person.locale]}.xml"
        ]


def _control(world: World, path: str, **request: object) -> dict[str, object]:
    received_at = request.pop("received_at", None)
    params = {"received_at": received_at.isoformat()} if isinstance(received_at, datetime) else {}
    url = f"{world.base_url}/_control{path}"
    answer = httpx.post(url, params=params, timeout=60, **request)  # type: ignore[arg-type]
    if answer.is_error:
        raise ValueError(str(answer.json().get("error", answer.text)))
    return dict(answer.json())


def _show(runtime: Runtime, world: World, person: Person) -> bool:
    """Print the DM as it arrived at Slack, and what is known of it here."""
    conversation = workspace(world).conversations.get("D" + person.slack_user_id[1:])
    messages = conversation.newest_first() if conversation else []
    if not messages:
        _say(f"No DM went out to {person.name}: " + "; ".join(str(row) for row in _outcomes(runtime)))
        return False
    dm = messages[0]
    _say(f"\n───── Slack DM to {person.name} ─────\n")
    _say(message_as_text(SlackMessage(dm.text, dm.blocks)))
    with transaction(runtime.sessions) as session:
        stored = session.scalar(
            select(func.count()).select_from(ConversationMessage).where(ConversationMessage.ts == dm.ts)
        )
    _say(f"───── {len(messages)} DM sent, {stored} stored in conversation_log ─────")
    target = runtime.settings.data_dir / f"slack-{person.key}.html"
    page = keep_page(world.base_url, f"/slack/dm/{person.slack_user_id}", target)
    _say(f"As Slack draws it: {page.as_uri()}\n")
    return True


def _outcomes(runtime: Runtime) -> list[tuple[str, str, str | None, str | None]]:
    with transaction(runtime.sessions) as session:
        rows = session.execute(
            select(User.display_name, Briefing.status, Briefing.completeness, Briefing.error)
            .join(Briefing, Briefing.user_id == User.id)
            .order_by(User.display_name)
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]


def _stay(world: World) -> None:
    _say(f"See it at {world.base_url}/slack; Ctrl-C ends this.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        _say("")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
