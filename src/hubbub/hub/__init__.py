"""Who follows what on this node: channels, fan-out, catch-up, healing, presence."""
