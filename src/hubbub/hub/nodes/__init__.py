"""Orders between nodes: who is asked, who is responsible, what came of it."""
