"""What stands in the way of an import."""

from __future__ import annotations

from services.errors import PortalError


class ImportRefused(PortalError):
    """This is not imported; `code` says why, `words` has a sentence for each.

    `about` is what the sentence names: a host, a field; never a secret.
    """

    permanent = True
    code = "refused"

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"not imported: {code}", code=code)
        self.about = about
