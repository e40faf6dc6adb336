"""What differs from one machine to the next."""
