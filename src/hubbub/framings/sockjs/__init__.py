"""SockJS 0.3.3: a WebSocket's messages, for browsers and proxies that let no WebSocket through."""
