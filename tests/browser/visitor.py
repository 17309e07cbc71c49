"""Somebody at a browser: what they see and click, in their own language."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from playwright.sync_api import Locator, Page, expect

from sandbox.world import Person
from services.i18n import translator
from tests.browser.pictures import WAIT, Pictures

Scheme = Literal["light", "dark"]

HANGUL = re.compile("[가-힣]")
WORD_JOINER = "\u2060"  # shows as nothing; the portal's texts hold some


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person and the page before them."""

    person: Person
    page: Page
    portal: str
    sandbox: str
    scheme: Scheme
    pictures: Pictures

    def words(self, text: str, **values: object) -> str:
        """The text as this person should read it."""
        said = translator(self.person.locale).gettext(text, **values)
        assert self.person.locale == "en" or HANGUL.search(said), f"{text!r} is not translated"
        return said

    def another_tab(self) -> Visitor:
        """The same person in the same browser."""
        return replace(self, page=self.page.context.new_page())

    def sign_in(self, path: str = "") -> None:
        """Come to the portal at `path`, sign in with Google, and be back."""
        self.page.goto(f"{self.portal}{path}")
        self.sign_in_here()

    def sign_in_here(self) -> None:
        """Sign in with Google from the page that asks for it, and be back."""
        self.press("Sign in with Google")
        self.choose(self.person)
        signed_in = self.page.get_by_role("button", name=self.words("Sign out"), exact=True)
        expect(signed_in.or_(self._yes)).to_be_visible(timeout=WAIT)
        if self._yes.is_visible():  # Google asks at the first time only
            self.allow()
        expect(signed_in).to_be_visible(timeout=WAIT)

    def choose(self, account: Person) -> None:
        """Choose an account at Google."""
        self.page.get_by_role("button", name=account.google_email).click(timeout=WAIT)

    def allow(self) -> None:
        """Say yes at Google."""
        self._yes.click(timeout=WAIT)

    def refuse(self) -> None:
        """Say no at Google."""
        self.page.locator("button[value=cancel]").click(timeout=WAIT)

    def consent(self) -> None:
        """Go through Google's screens as this person; the chooser comes only where Google does not know."""
        account = self.page.get_by_role("button", name=self.person.google_email)
        expect(account.or_(self._yes)).to_be_visible(timeout=WAIT)
        if account.is_visible():
            account.click()
        self.allow()

    def search(self, text: str) -> None:
        """Type into the page's search and press Enter."""
        field = self.main.get_by_label(self.words("Search"), exact=True)
        field.fill(text, timeout=WAIT)
        field.press("Enter")

    def connect(self) -> None:
        """Connect Gmail, from a page that offers it, to the end."""
        self.follow("Connect Gmail")
        self.choose(self.person)
        self.allow()
        self.reads("Gmail is connected")

    def go_to(self, title: str) -> None:
        """Open a page by the navigation."""
        navigation = self.page.get_by_test_id("stSidebarNav")
        navigation.get_by_role("link", name=self.words(title), exact=True).click(timeout=WAIT)
        self.is_at(title)

    def is_at(self, title: str) -> None:
        heading = self.page.get_by_role("heading", level=1, name=self.words(title), exact=True)
        expect(heading).to_be_visible(timeout=WAIT)

    def press(self, label: str) -> None:
        """Press a button by its label."""
        self.page.get_by_role("button", name=self.words(label), exact=True).click(timeout=WAIT)

    def follow(self, label: str) -> None:
        """Follow a link that leads out of the page in the same tab."""
        self.main.get_by_role("link", name=self.words(label)).click(timeout=WAIT)

    def reads(self, text: str, **values: object) -> Locator:
        """A text of the portal's is on the page; where."""
        return self.sees(self.words(text, **values))

    def sees(self, text: str) -> Locator:
        """Exactly these words are on the page; where."""
        found = self.main.get_by_text(shown(text)).first
        expect(found).to_be_visible(timeout=WAIT)
        return found

    def is_told(self, text: str, **values: object) -> None:
        """What an action came to is said over the page."""
        toast = self.page.get_by_test_id("stToast").get_by_text(shown(self.words(text, **values)))
        expect(toast).to_be_visible(timeout=WAIT)

    def does_not_read(self, text: str, **values: object) -> None:
        expect(self.main.get_by_text(shown(self.words(text, **values)))).to_have_count(0, timeout=WAIT)

    @property
    def main(self) -> Locator:
        return self.page.get_by_test_id("stMain")

    @property
    def _yes(self) -> Locator:
        return self.page.locator("button[value=allow]")

    def picture(self, name: str) -> None:
        """Take a picture where some are wanted."""
        self.pictures.take(self.page, name, f"{self.person.locale}-{self.scheme}")


def shown(text: str) -> re.Pattern[str]:
    """Finds a text wherever the page holds word joiners in it."""
    return re.compile(f"{WORD_JOINER}*".join(map(re.escape, text)))
