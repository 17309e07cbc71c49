"""Ask first, connect later: a DM before anything, its link, consent, and the answer comes by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.world import Person
from tests.browser.conftest import Arrive, Product
from tests.browser.pictures import WAIT
from tests.browser.visitor import Scheme, Visitor

CALENDAR = "auth/calendar.readonly"


@dataclass(frozen=True, slots=True)
class Story:
    """One person with three accounts, what they ask for in their own words, and what there is to be found."""

    key: str
    locale: str
    timezone: str
    name: str
    hello: str
    asks_for_mail: str
    asks_for_day: str
    leaves: str
    subject: str
    searched: str
    meeting: str

    @property
    def on_slack(self) -> Person:
        return self._account("slack", slack_id=f"U0ASK{self.locale.upper()}")

    @property
    def here(self) -> Person:
        return self._account("home")

    @property
    def mailbox(self) -> Person:
        return self._account("mail")

    def _account(self, kind: str, *, slack_id: str = "") -> Person:
        address = f"{self.key}.{kind}@ask.example"
        slack_email = address if slack_id else ""
        return Person(
            f"{self.key}-{kind}", self.name, address, slack_id, slack_email, self.locale, self.timezone
        )


KOREAN = Story(
    key="eunbyeol",
    locale="ko",
    timezone="Asia/Seoul",
    name="조은별",
    hello="하이",
    asks_for_mail="지난주에 온 견적서 메일 찾아줘",
    asks_for_day="내일 회의 있어?",
    leaves="연결 끊어줘",
    subject="견적서 보내 드립니다",
    searched="견적서",
    meeting="분기 회의",
)
ENGLISH = Story(
    key="grace",
    locale="en",
    timezone="America/New_York",
    name="Grace Holt",
    hello="hi",
    asks_for_mail="find the mail about the invoice from last week",
    asks_for_day="do I have any meetings tomorrow?",
    leaves="disconnect",
    subject="Our invoice 1042",
    searched="invoice",
    meeting="Quarterly review",
)


@dataclass(frozen=True, slots=True)
class Dm:
    """The sandbox's Slack as one person sees it: their DM with the assistant. `reader` has their language."""

    page: Page
    reader: Visitor

    def write(self, text: str) -> None:
        self.page.locator("#text").fill(text)
        self.page.locator("#text").press("Enter")

    def reads(self, text: str, **values: object) -> Locator:
        """The newest message says this; where."""
        message = self.page.get_by_role("article").last
        expect(message).to_contain_text(self.reader.words(text, **values), timeout=WAIT)
        return message

    def press(self, label: str) -> None:
        """Press a button of the newest message."""
        name = self.reader.words(label)
        self.page.get_by_role("article").last.get_by_role("button", name=name, exact=True).click(timeout=WAIT)

    def follow(self, label: str) -> Visitor:
        """Click a link of the newest message, as people do: what opens in another tab."""
        link = self.page.get_by_role("article").last.get_by_role("link", name=self.reader.words(label))
        with self.page.context.expect_page() as opened:
            link.click(timeout=WAIT)
        return replace(self.reader, page=opened.value)

    def has_once(self, text: str) -> None:
        expect(self.page.get_by_role("article").filter(has_text=text)).to_have_count(1, timeout=WAIT)

    def picture(self, name: str) -> None:
        replace(self.reader, page=self.page).picture(name)


@pytest.mark.parametrize(
    ("story", "scheme"), [(KOREAN, "light"), (ENGLISH, "dark")], ids=["Korean", "English"]
)
def test_who_asks_first_and_connects_later_gets_the_answer(
    arrive: Arrive, product: Product, story: Story, scheme: Scheme
) -> None:
    move_in(product, story)
    someone = arrive(story.here, scheme)
    someone.page.goto(f"{someone.sandbox}/slack/dm/{story.on_slack.slack_user_id}")
    dm = Dm(someone.page, someone)
    is_greeted(dm, story)
    lets_a_question_go(dm, story)
    dm.write(story.asks_for_mail)
    dm.reads("To answer this I need permission to read your Gmail.")
    dm.picture("ask-mail")
    portal = dm.follow("Connect Google")
    signs_in(portal)
    joins(portal, dm, story)
    says_no_at_google(portal, story)
    says_yes_at_google(portal, story)
    gets_the_answer(portal, dm, story)
    finds_it_all(portal, story)
    asks_for_the_calendar(dm, story)
    leaves(dm, story)


def move_in(product: Product, story: Story) -> None:
    """The three accounts, last week's mail, and a meeting tomorrow (and then, should it be midnight)."""
    now = datetime.now(UTC)
    with httpx.Client(base_url=f"{product.sandbox}/_control", trust_env=False) as sandbox:
        for account in (story.on_slack, story.here, story.mailbox):
            sandbox.post("/people", json=asdict(account)).raise_for_status()
        own = f"/people/{story.mailbox.key}"
        received_at = {"received_at": (now - timedelta(days=7)).isoformat()}
        sandbox.post(f"{own}/mail", params=received_at, content=mail(story)).raise_for_status()
        for event in meetings(story, now):
            sandbox.post(f"{own}/events", json=event).raise_for_status()


def mail(story: Story) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "sales@vendor.example", story.mailbox.google_email
    message["Subject"], message["Message-ID"] = story.subject, f"<{story.key}@vendor.example>"
    message.set_content(story.subject)
    return message.as_bytes()


def meetings(story: Story, now: datetime) -> Sequence[dict[str, object]]:
    days = [now + timedelta(days=offset) for offset in (1, 2)]
    return [
        {
            "summary": story.meeting,
            "start": {"dateTime": f"{day:%Y-%m-%d}T15:00:00", "timeZone": story.timezone},
            "end": {"dateTime": f"{day:%Y-%m-%d}T16:00:00", "timeZone": story.timezone},
        }
        for day in days
    ]


def is_greeted(dm: Dm, story: Story) -> None:
    dm.write(story.hello)
    dm.reads("Hello, {name}!", name=story.name)
    dm.picture("ask-hello")


def lets_a_question_go(dm: Dm, story: Story) -> None:
    dm.write(story.asks_for_mail)
    dm.reads("To answer this I need permission to read your Gmail.")
    dm.press("Not now")
    dm.reads("All right, I let it go. Ask again whenever you like.")


def signs_in(portal: Visitor) -> None:
    portal.reads("Sign in, and you can connect Google right after.")
    portal.picture("ask-sign-in")
    portal.sign_in_here()


def joins(portal: Visitor, dm: Dm, story: Story) -> None:
    portal.reads("Join with @{name}?", name=story.name)
    portal.picture("ask-join")
    portal.press("Yes, join")
    portal.reads("Now look into Slack")
    portal.picture("ask-join-waiting")
    dm.press("Yes, that's me")
    portal.reads("The assistant knows you as @{name} in Slack now.", name=story.name)


def says_no_at_google(portal: Visitor, story: Story) -> None:
    portal.reads("You asked: {question}", question=story.asks_for_mail)
    portal.picture("ask-connect")
    portal.follow("Connect Gmail")
    portal.choose(story.mailbox)
    portal.refuse()
    portal.reads("You said no at Google")
    portal.reads("Once Gmail is connected, the answer comes in Slack by itself.")
    portal.picture("ask-denied")


def says_yes_at_google(portal: Visitor, story: Story) -> None:
    portal.follow("Connect Gmail")
    portal.choose(story.mailbox)
    portal.allow()
    portal.reads("It worked: Google is connected")
    portal.reads("Your answer comes in Slack by itself.")
    portal.picture("ask-connected")


def gets_the_answer(portal: Visitor, dm: Dm, story: Story) -> None:
    expect(dm.reads("You asked: {question}", question=story.asks_for_mail)).to_contain_text(story.subject)
    dm.picture("ask-answer")
    portal.follow("Return to Slack")
    back = Dm(portal.page, portal)
    back.reads("You asked: {question}", question=story.asks_for_mail)
    back.has_once(story.subject)


def finds_it_all(portal: Visitor, story: Story) -> None:
    portal.page.goto(f"{portal.portal}/conversations")
    for said in (story.hello, story.asks_for_mail, story.subject):
        portal.sees(said)
    portal.reads("Hello, {name}!", name=story.name)
    portal.reads("All right, I let it go. Ask again whenever you like.")
    portal.picture("ask-conversations")
    portal.search(story.searched)
    portal.sees(story.subject)
    portal.does_not_read("Hello, {name}!", name=story.name)
    portal.picture("ask-found")
    portal.page.close()


def asks_for_the_calendar(dm: Dm, story: Story) -> None:
    dm.write(story.asks_for_day)
    dm.reads("To answer this I need permission to read your Google Calendar.")
    dm.picture("ask-calendar")
    portal = dm.follow("Connect the calendar")
    portal.reads("You asked: {question}", question=story.asks_for_day)
    portal.picture("ask-add-calendar")
    portal.follow("Add the calendar")
    boxes = portal.page.locator("input[name=scope]")
    expect(boxes).to_have_count(1, timeout=WAIT)
    expect(boxes).to_have_value(re.compile(CALENDAR))
    portal.picture("ask-calendar-consent")
    portal.allow()
    portal.reads("It worked: Google is connected")
    portal.picture("ask-calendar-connected")
    expect(dm.reads("You asked: {question}", question=story.asks_for_day)).to_contain_text(story.meeting)
    portal.follow("Show the connection")
    portal.reads("Reading mail")
    portal.reads("Reading the calendar")


def leaves(dm: Dm, story: Story) -> None:
    dm.write(story.leaves)
    dm.reads("Disconnect Google? Your briefing will then come without mail and calendar.")
    dm.picture("ask-disconnect")
    dm.press("Disconnect")
    dm.reads("Google is disconnected. What was stored of the connection is deleted.")
    dm.write(story.asks_for_mail)
    dm.reads("To answer this I need permission to read your Gmail.")
    dm.picture("ask-disconnected")
