"""Jobs that are over go: those that failed, and those that a worker held which is gone for ever.

Rows say what is to be done, not jobs: what a row still needs is deferred anew by the sweep, so that a job
which is lost here loses nothing. Those that went well are deleted by their worker at once.
"""

from __future__ import annotations

from procrastinate import App
from procrastinate.jobs import Status
from sqlalchemy.orm import Session

from services.deferral import defer

TASK = "forget_jobs"
# Long enough to look at what failed on a Friday.
HOURS_KEPT = 7 * 24
# No sign of life of a worker for so long: far more than a pause of a busy machine.
GONE_AFTER_SECONDS = 600


def ask_to_forget(session: Session) -> None:
    """Have a worker do it."""
    defer(session, TASK, "all")


async def forget(app: App) -> int:
    """Delete what is over, and what nobody works at any longer; how many of the latter there were."""
    jobs = app.job_manager
    await jobs.delete_old_jobs(HOURS_KEPT, include_failed=True, include_cancelled=True, include_aborted=True)
    left = list(await jobs.get_stalled_jobs(seconds_since_heartbeat=GONE_AFTER_SECONDS))
    for job in left:
        await jobs.finish_job(job, Status.FAILED, delete_job=True)
    return len(left)
