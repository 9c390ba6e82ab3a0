"""HTTP responses that do not end, on the raw transport: server-sent events, and streams of replies."""
