"""The learning loop: a workspace of one's own, each step checked, and the clients that talk to a server."""
