"""Secrets at rest. `python -m services.crypto rotate` brings all of them under the first key."""

from services.crypto.box import SecretBox

__all__ = ["SecretBox"]
