"""The application behind the server: asked by HTTP or as Python functions, and told of what happens."""
