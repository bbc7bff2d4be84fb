"""The machine that the figures come from; no name of a host."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("slack-bolt", "sqlalchemy", "apscheduler", "waitress")


def describe() -> str:
    """Cores, memory, processor, system and versions, in a line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{_processor()}, {cores} cores, {memory:.0f} GiB; {_system()};"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}"
    )


def _processor() -> str:
    lines = _lines("/proc/cpuinfo")
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _system() -> str:
    values = dict(line.split("=", 1) for line in _lines("/etc/os-release") if "=" in line)
    name = values.get("PRETTY_NAME", platform.system()).strip('"')
    return f"{name}, {platform.system()} {platform.release().split('-')[0]}"


def _lines(path: str) -> list[str]:
    found = Path(path)
    return found.read_text("utf-8").splitlines() if found.exists() else []
