"""The client of a model's server, whichever speaks OpenAI's API; only ever the one that the settings name."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from openai import OpenAI

CONNECT_SECONDS = 5.0


@contextmanager
def model_server(url: str, key: SecretStr, *, seconds: float) -> Iterator[OpenAI]:
    """A client that asks once, for at most so many seconds a call.

    Imported here: it takes half a second and 40 MB that nobody without a model shall pay.
    """
    import openai

    # OPENAI_LOG would have it write questions and mail into the log.
    logging.getLogger("openai").setLevel(logging.WARNING)
    timeout = openai.Timeout(seconds, connect=CONNECT_SECONDS)
    # A redirect would take mail to an address that nobody configured.
    http = openai.DefaultHttpxClient(timeout=timeout, follow_redirects=False)
    with openai.OpenAI(
        api_key=key.get_secret_value() or "none",
        base_url=url,
        timeout=timeout,
        max_retries=0,
        http_client=http,
    ) as client:
        yield client
