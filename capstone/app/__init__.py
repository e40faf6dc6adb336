"""The blog: an API with users, posts and comments."""
