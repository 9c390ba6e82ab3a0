"""What was revoked, and the end of those whom it hits, on all nodes."""
