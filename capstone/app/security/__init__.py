"""Who somebody is, and whom to believe."""
