"""What passes between clients and server, shown to an operator while it happens."""
