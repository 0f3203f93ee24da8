"""What breaks on a real machine, broken on purpose: real processes, simulated phones, and books that must agree after.

`phones` is the storm of check-ins that all drills share, `books` what the database holds in the end.
"""
