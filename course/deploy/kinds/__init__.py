"""The kinds of what careless and hostile clients send: the contract's suites and `course review` ask with the same."""
