"""`python -m tests.faults.come_back USER SECRET ADDRESS`: a browser comes back from Google, and this answers.

What the portal does with the callback, as a process of its own that can be killed in the middle of it.
"""

from __future__ import annotations

import sys

from services.connect import flow
from services.runtime import open_runtime
from services.settings import load_settings
from tests.integration.journeys import callback_of

if __name__ == "__main__":
    user_id, browser_secret, address = sys.argv[1:]
    with open_runtime(load_settings(env_file=None)) as runtime:
        flow.finish(runtime, callback_of(address, user_id, browser_secret))
