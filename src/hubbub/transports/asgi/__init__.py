"""An ASGI application for other people's servers: at full speed under uvicorn, by plain events elsewhere."""
