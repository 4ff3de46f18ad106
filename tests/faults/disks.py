"""A disk that is full when a test says so."""

import os
import resource
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tests.faults.worker import Process

_CAP_SYS_ADMIN = 21
_UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class Disk(Protocol):
    """Where the database and the journals lie."""

    def fill(self, *processes: Process) -> None:
        """From now on these processes can keep nothing new."""

    def free(self, *processes: Process) -> None:
        """There is room again."""


class SmallDisk:
    """A file system of its own in memory, which whoever may mount one has (`may_mount`)."""

    def __init__(self, folder: Path, megabytes: int = 16) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)], check=True)  # noqa: S607 - whichever mount there is.

    def fill(self, *_processes: Process) -> None:
        with suppress(OSError), (self._folder / "filler").open("wb", buffering=0) as file:
            for size in (65536, 512):
                with suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def free(self, *_processes: Process) -> None:
        (self._folder / "filler").unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self._folder)], check=True)  # noqa: S607 - as above.


class Quota:
    """What everybody has: a limit to the size of any file that these processes write."""

    def __init__(self, largest: int = 32768) -> None:
        """Journals and logs are smaller than this, the database is not."""
        self._largest = largest

    def fill(self, *processes: Process) -> None:
        for each in processes:
            resource.prlimit(each.pid, resource.RLIMIT_FSIZE, (self._largest, resource.RLIM_INFINITY))

    def free(self, *processes: Process) -> None:
        for each in processes:
            resource.prlimit(each.pid, resource.RLIMIT_FSIZE, _UNLIMITED)


def may_mount() -> bool:
    status = Path("/proc/self/status").read_text()
    capabilities = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    return os.geteuid() == 0 and bool(int(capabilities, 16) >> _CAP_SYS_ADMIN & 1)
