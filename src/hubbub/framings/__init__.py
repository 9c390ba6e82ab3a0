"""How packets are wrapped in a transport's bytes."""
