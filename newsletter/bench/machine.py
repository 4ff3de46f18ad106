"""What the figures were measured on."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from newsletter.bench.means import Means
from newsletter.bench.sinks import find_program
from newsletter.core.clock import now


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def facts(means: Means) -> dict[str, str]:
    """Name and value of each, for people."""
    found = {
        **around(means.folder, means.server().version if means.has_postgres else ""),
        "Postfix": _postfix(),
        "aiosmtplib": _version("aiosmtplib"),
        "senders": f"{means.plan.senders.processes} processes, {means.plan.senders.connections} connections",
    }
    return {name: value for name, value in found.items() if value}


def around(folder: Path, postgres: str) -> dict[str, str]:
    """As `facts`, for what needs neither sinks nor peers; `postgres` is the server's version, "" for none."""
    found = {
        "date": now().date().isoformat(),
        "processor": f"{_processor()}, {cores()} cores",
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "file system of the databases": _file_system(folder),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": postgres,
        "newsletter": _version("newsletter"),
    }
    return {name: value for name, value in found.items() if value}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _file_system(folder: Path) -> str:
    """That of the longest mount point above the folder."""
    mounts = [part for part in psutil.disk_partitions(all=True) if folder.is_relative_to(part.mountpoint)]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else ""


def _postfix() -> str:
    program = find_program("postconf")
    if not program:
        return ""
    done = subprocess.run([program, "-dh", "mail_version"], capture_output=True, text=True, check=False)  # noqa: S603 - the system's own.
    return done.stdout.strip()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
