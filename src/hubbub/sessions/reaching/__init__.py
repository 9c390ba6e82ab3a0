"""From any node to any session: pushes, groups, orders, and the roll of who is there."""
