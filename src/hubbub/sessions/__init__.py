"""One client's conversation: who it is, what it may do, what it follows, when it ends."""
