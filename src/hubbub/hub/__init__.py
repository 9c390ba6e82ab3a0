"""Who follows what on this node, and how every message reaches them once and in order."""
