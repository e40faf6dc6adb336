"""The stages' material: steps emptied, bugs planted, copies made and tested, and the student's own workspace."""
