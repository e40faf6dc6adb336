"""The learning loop: steps by subtraction, bugs by substitution, and lessons of which every line is run."""
