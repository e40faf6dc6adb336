"""What the blog does, without a word of HTTP."""
