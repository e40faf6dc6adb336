"""HTTP: paths, statuses, headers and schemas."""
