"""What happens in the workspace, told to the app."""

from __future__ import annotations

from sandbox.slack.state import Workspace


def send_pending(workspace: Workspace) -> None:
    """Hand over what is in the outbox."""
    workspace.outbox.clear()
