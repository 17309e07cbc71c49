"""Secrets at rest: bound to their row, readable with any configured key, tamper-evident."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.crypto import SecretBox
from services.errors import EncryptionError

OLD, NEW = (base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"n"))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_goes_in_comes_out(plain: str) -> None:
    box = SecretBox.from_setting(OLD)
    sealed = box.encrypt(plain, belongs_to="gmail_tokens/u1/access_token")
    assert box.decrypt(sealed, belongs_to="gmail_tokens/u1/access_token") == plain


def test_the_same_secret_never_looks_the_same_twice() -> None:
    box = SecretBox.from_setting(OLD)
    assert box.encrypt("x", belongs_to="a") != box.encrypt("x", belongs_to="a")


@pytest.mark.parametrize("elsewhere", ["gmail_tokens/u2/access_token", "gmail_tokens/u1/refresh_token", ""])
def test_a_value_copied_elsewhere_does_not_decrypt(elsewhere: str) -> None:
    box = SecretBox.from_setting(OLD)
    sealed = box.encrypt("ya29", belongs_to="gmail_tokens/u1/access_token")
    with pytest.raises(EncryptionError):
        box.decrypt(sealed, belongs_to=elsewhere)


def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    sealed_before = SecretBox.from_setting(OLD).encrypt("x", belongs_to="a")
    both = SecretBox.from_setting(f"{NEW}, {OLD}")
    assert both.decrypt(sealed_before, belongs_to="a") == "x"
    assert SecretBox.from_setting(NEW).decrypt(both.encrypt("y", belongs_to="a"), belongs_to="a") == "y"


def test_a_lost_key_is_named_as_such() -> None:
    sealed = SecretBox.from_setting(OLD).encrypt("x", belongs_to="a")
    with pytest.raises(EncryptionError) as caught:
        SecretBox.from_setting(NEW).decrypt(sealed, belongs_to="a")
    assert caught.value.code == "unknown_key"


@pytest.mark.parametrize(
    "value", ["", "x", "v1.", "v1.00000000.", "v0.a.b", "ya29.plain", "v1.a.b.c", "v1..."]
)
def test_garbage_is_refused(value: str) -> None:
    with pytest.raises(EncryptionError):
        SecretBox.from_setting(OLD).decrypt(value, belongs_to="a")


def test_a_changed_byte_is_noticed() -> None:
    box = SecretBox.from_setting(OLD)
    sealed = box.encrypt("secret", belongs_to="a")
    head, body = sealed.rsplit(".", 1)
    for position in range(0, len(body), 5):
        other = "A" if body[position] != "A" else "B"
        with pytest.raises(EncryptionError):
            box.decrypt(f"{head}.{body[:position]}{other}{body[position + 1 :]}", belongs_to="a")
