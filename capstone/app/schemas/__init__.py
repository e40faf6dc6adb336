"""The schemas of what clients send and get."""
