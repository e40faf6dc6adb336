"""One pool of connections, and all that goes with it."""
