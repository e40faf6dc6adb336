"""HTTP: paths, statuses, headers and shapes."""
