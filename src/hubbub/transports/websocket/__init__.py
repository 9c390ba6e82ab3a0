"""WebSocket on the raw transport: codec, compression, protocol."""
