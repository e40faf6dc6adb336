"""The rehearsal: a whole deployment played on this machine, as Railway does it, under load, and then rolled back.

`plan` reads what the host is told, `versions` makes a version and its environment, `host` runs it, `proxy` stands in
front, `load` is the public, `faults` are the failures that can be asked for, `drill` loses the database and restores
it, `show` tells what happens.
"""
