"""What the app says of itself: lines of a log, and traces."""
