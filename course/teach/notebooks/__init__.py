"""The notebooks: running them, and knowing when their stored outputs are older than their sources."""
