"""An admin brings old tokens in: one whose owner is known, one who waits for theirs, one that is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import FilePayload, Locator, expect

from sandbox.cast.people import PRIYA, SUJIN
from sandbox.world import Person
from services.tokens.importing.words import REFUSALS
from tests.browser.conftest import Arrive, Product
from tests.browser.pictures import WAIT
from tests.browser.troubles import Backstage, backstage, english, korean
from tests.browser.visitor import Visitor
from tests.integration.old_tokens import authorized_user

ROW = 35  # pixels: the tables are drawn on a canvas
# Whose token is known by its mailbox, and whose file says nothing of its owner; a pair for each admin.
PAIRS = {
    "ko": (korean("bomi", "홍보미"), korean("daon", "허다온")),
    "en": (english("bella", "Bella Ross"), english("dylan", "Dylan Price")),
}

BUTTONS = {"ko": "토큰 2개 가져오기", "en": "Import 2 tokens"}
NOTHING = {"ko": "토큰 0개 가져오기", "en": "Import 0 tokens"}


@pytest.fixture(scope="module")
def stage(product: Product) -> Iterator[Backstage]:
    with backstage(product) as stage:
        yield stage


def old_file(stage: Backstage, person: Person, name: str, **more: object) -> FilePayload:
    document = authorized_user(stage.sandbox, stage.runtime.settings, person.key) | more
    return {"name": name, "mimeType": "application/json", "buffer": json.dumps(document).encode()}


@pytest.mark.parametrize("admin", [PRIYA, SUJIN], ids=["English", "Korean"])
def test_old_tokens_come_in_once_and_to_whom_they_belong(
    arrive: Arrive, stage: Backstage, admin: Person
) -> None:
    known, unnamed = PAIRS[admin.locale]
    for person in (known, unnamed):
        stage.has_signed_in(person)
    files = [
        old_file(stage, known, f"{known.key}-mailbox.json", account=known.google_email),
        old_file(stage, unnamed, "unknown_gmail.json"),
        old_file(stage, unnamed, "damaged.json", refresh_token="1//x"),
    ]
    someone = arrive(admin)
    someone.sign_in("/import")
    someone.is_at("Import")
    chooses(someone, files)
    someone.reads(REFUSALS["too_short"], about="refresh_token")
    plan = rows_of(someone)
    expect(plan.nth(0)).to_contain_text(known.name, timeout=WAIT)
    expect(plan.nth(0)).to_contain_text(someone.words("Import"))
    expect(plan.nth(1)).to_contain_text(someone.words("Keep until its owner is known"))
    expect(plan.nth(2)).to_contain_text(someone.words("Refused"))
    someone.picture("import-plan")
    someone.page.get_by_role("button", name=BUTTONS[admin.locale]).click(timeout=WAIT)
    finds_the_owner(someone, unnamed)
    is_known_again(someone, files)
    for person in (known, unnamed):
        is_healthy(someone, person)


def chooses(someone: Visitor, files: list[FilePayload]) -> None:
    someone.main.locator("input[type=file]").set_input_files(files, timeout=WAIT)


def finds_the_owner(someone: Visitor, owner: Person) -> None:
    """The one that waits is chosen, and its owner looked for."""
    expect(rows_of(someone)).to_have_count(1, timeout=WAIT)
    someone.main.get_by_test_id("stDataFrame").click(position={"x": 15, "y": ROW * 1.5}, timeout=WAIT)
    someone.search(owner.key)
    # Everybody is offered until the search has been answered.
    theirs = someone.main.get_by_role("button", name=someone.words("It is theirs"), exact=True)
    expect(theirs).to_have_count(1, timeout=WAIT)
    someone.sees(owner.name)
    someone.picture("import-owner")
    someone.press("It is theirs")
    someone.is_told("{file} is {name}'s now.", file="unknown_gmail.json", name=owner.name)
    someone.reads("No imported token waits for its owner.")


def is_known_again(someone: Visitor, files: list[FilePayload]) -> None:
    """The same files once more change nothing."""
    chooses(someone, files)
    for place in (0, 1):
        expect(rows_of(someone).nth(place)).to_contain_text(
            someone.words("Nothing: imported before"), timeout=WAIT
        )
    expect(someone.page.get_by_role("button", name=NOTHING[someone.person.locale])).to_be_disabled()
    someone.picture("import-again")


def is_healthy(someone: Visitor, person: Person) -> None:
    """Google accepts the imported token."""
    someone.page.goto(f"{someone.portal}/tokens")
    someone.page.get_by_role("radio", name=someone.words("Everybody")).click(timeout=WAIT)
    someone.search(person.key)
    expect(rows_of(someone)).to_have_count(1, timeout=WAIT)
    expect(rows_of(someone).first).to_contain_text(person.name, timeout=WAIT)
    someone.main.get_by_test_id("stDataFrame").click(position={"x": 15, "y": ROW * 1.5}, timeout=WAIT)
    someone.press("Refresh now")
    someone.is_told("{name}: refreshed. Google accepts it.", name=person.name)


def rows_of(someone: Visitor) -> Locator:
    """The rows of the page's tables, as the canvas tells them to screen readers."""
    return someone.main.locator("canvas table tbody tr")
