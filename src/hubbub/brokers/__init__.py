"""The engines behind the hub: the ordered log, the feed between nodes, presence leases, records."""
