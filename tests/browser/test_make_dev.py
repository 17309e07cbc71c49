"""What `make dev` prints is where a new user can go: sign in at the sandbox, and be somebody."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from sandbox.cast.people import SUJIN
from tests.browser.conftest import Product

WAIT = 30_000


def test_the_admin_it_names_can_sign_in_at_the_sandbox(browser: Browser, product: Product) -> None:
    assert SUJIN.google_email in product.output
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(product.portal)
    page.get_by_role("button", name="Sign in with Google").click(timeout=WAIT)
    page.wait_for_url(re.compile(re.escape(product.sandbox)), timeout=WAIT)
    page.get_by_role("button", name=SUJIN.google_email).click()
    page.get_by_role("button", name=re.compile("^(Continue|계속)$")).click()
    expect(page.get_by_role("button", name=re.compile("Sign out|로그아웃"))).to_be_visible(timeout=WAIT)
    assert page.url.startswith(product.portal)
    # Administration is offered to admins only; the sandbox's company writes Korean.
    expect(page.get_by_role("link", name=re.compile("People|사람"))).to_be_visible(timeout=WAIT)
    context.close()
