"""What people do beside publishing: amend, mention, write, receive and read."""
