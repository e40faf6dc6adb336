"""The machine: set-up, PostgreSQL, processes, ports, serving a stage. Every room stands on this one, on no other."""
