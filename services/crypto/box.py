"""Secrets at rest: AES-256-GCM with the row's identity bound in.

A stored value reads `v1.<key id>.<base64url(nonce + ciphertext + tag)>`. What a value belongs to (table,
row, field) is authenticated with it, so a value copied to another row or field does not decrypt there.
The first configured key encrypts, every configured key decrypts, so keys can be exchanged one by one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.errors import EncryptionError

VERSION = "v1"
NONCE_BYTES = 12


class SecretBox:
    """Encrypts and decrypts stored secrets; thread-safe."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise EncryptionError("no encryption key is configured", code="no_key")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self.current_key_id = _key_id(keys[0])

    @property
    def current_prefix(self) -> str:
        """What every value begins with that the first key has encrypted."""
        return f"{VERSION}.{self.current_key_id}."

    @property
    def old_key_ids(self) -> list[str]:
        """The configured keys that only decrypt."""
        return [key_id for key_id in self._ciphers if key_id != self.current_key_id]

    @classmethod
    def from_setting(cls, value: str) -> SecretBox:
        """From `TOKEN_ENCRYPTION_KEYS`: comma-separated base64 of 32 bytes each, the newest first."""
        return cls([_decode(part.strip()) for part in value.split(",") if part.strip()])

    def encrypt(self, plain: str, *, belongs_to: str) -> str:
        """`belongs_to` names table, row and field, such as `gmail_tokens/<user_id>/access_token`."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self.current_key_id].encrypt(nonce, plain.encode(), belongs_to.encode())
        return f"{self.current_prefix}{_encode(nonce + sealed)}"

    def decrypt(self, value: str, *, belongs_to: str) -> str:
        """Raises EncryptionError when the key is unknown, the value damaged, or it belongs elsewhere."""
        version, _, rest = value.partition(".")
        key_id, _, body = rest.partition(".")
        if version != VERSION or not body:
            raise EncryptionError("the stored value is not in a known format")
        if key_id not in self._ciphers:
            raise EncryptionError(f"key {key_id} is not among TOKEN_ENCRYPTION_KEYS", code="unknown_key")
        try:
            sealed = _decode(body)
            if _encode(sealed) != body:  # base64 has several spellings of the same bytes, we write one
                raise ValueError("not our spelling")
            plain = self._ciphers[key_id].decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], belongs_to.encode()
            )
            return plain.decode()
        except (InvalidTag, ValueError) as exc:
            raise EncryptionError("the stored value does not decrypt for this row") from exc


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"briefing-portal key id" + key).hexdigest()[:8]


def _encode(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))
    except binascii.Error as exc:
        raise EncryptionError("the value is not base64") from exc
