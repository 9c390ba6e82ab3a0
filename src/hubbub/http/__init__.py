"""What plain HTTP answers: the API, health, metrics and the pages."""
