"""How results are told: a target and whether it was met, and whose the machine was meanwhile."""

from __future__ import annotations

import psutil


def verdict(found: str, target: str, met: bool) -> bool:
    """Say what was found beside its target; returns `met`."""
    print(f"  {found} (target: {target}): {'met' if met else 'MISSED'}")
    return met


def print_others(cpu: float, seconds: float) -> None:
    """Say how much of the machine others took: `cpu` seconds of theirs in `seconds`."""
    others = max(0.0, cpu) / seconds
    trust = "only the ratios are worth something" if others > 0.25 else "the machine was ours"
    print(f"  others took {others:.1f} of {psutil.cpu_count()} cores meanwhile: {trust}")


def machine_cpu() -> float:
    """Seconds of CPU that the whole machine has used; what its host gives to others counts as used."""
    used = psutil.cpu_times()
    return used.user + used.system + used.nice + float(getattr(used, "steal", 0.0))


def cpu_seconds(process: psutil.Process) -> float:
    """What one process has used so far."""
    used = process.cpu_times()
    return used.user + used.system
