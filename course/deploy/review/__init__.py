"""`course review`: does an app hold, that a learner has designed? Asked from outside, of any FastAPI app."""
