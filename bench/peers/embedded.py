"""Be a FastAPI application in which a Hubbub is mounted, for any ASGI server to run."""

from __future__ import annotations

from fastapi import FastAPI

from hubbub import Hubbub, Settings

hubbub = Hubbub(Settings(broker="memory://"))
app = FastAPI(lifespan=hubbub.lifespan)
app.mount("/rt", hubbub.asgi)
