"""The Redis engine: Streams for history, Pub/Sub for the feed, scripts for what must be one step."""
