"""The application of the soak: it tells what it is made of."""

from __future__ import annotations

import asyncio
import gc
import os

from hubbub import Hubbub

app = Hubbub()


@app.on("census")
async def census() -> dict[str, int]:
    """Return the process, and how many tasks its event loop has."""
    gc.collect()
    return {"pid": os.getpid(), "tasks": len(asyncio.all_tasks())}
