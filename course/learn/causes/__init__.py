"""What a failure most likely comes from: finders, by what they look at, for the catalogue in mistakes.py."""
