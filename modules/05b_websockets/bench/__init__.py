"""A load probe: how much a room carries. Run it with: python -m bench --help."""
