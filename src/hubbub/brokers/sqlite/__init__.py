"""The `sqlite:///path` engine: durable for one process, with nothing to install."""
