"""What `make dev` prints is where a new user can go: sign in at the sandbox, and be somebody."""

from __future__ import annotations

from sandbox.cast.people import SUJIN
from tests.browser.conftest import Arrive, Product


def test_the_admin_it_names_can_sign_in_at_the_sandbox(arrive: Arrive, product: Product) -> None:
    assert SUJIN.google_email in product.output
    someone = arrive(SUJIN)
    someone.sign_in()
    # Administration is offered to admins only.
    someone.go_to("People")
