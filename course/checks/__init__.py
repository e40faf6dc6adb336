"""`course test`: the sessions that keep the course's promises, chosen, run and summed up."""
