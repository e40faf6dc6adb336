"""For authors: the proofs of steps, bugs and lessons, the lessons' listings and outputs, timetables, aging facts."""
