"""One worker of a crew: a process of its own, forked where all that it imports was imported."""

import asyncio
import gc
import multiprocessing
import os
from pathlib import Path
from threading import Thread

from services.ingest import worker


def work(environment: dict[str, str], log: Path) -> None:
    """Be `python -m services.ingest.worker` in this environment until SIGTERM."""
    Thread(target=_end_with_the_test, daemon=True).start()
    gc.freeze()  # ten times as many objects as a worker has; it looks through them when it begins
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(sink, stream)
    os.environ.clear()
    os.environ.update(environment)
    asyncio.run(worker.main())


def _end_with_the_test() -> None:
    test = multiprocessing.parent_process()
    assert test is not None
    test.join()
    os._exit(1)
