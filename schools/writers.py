"""Who writes which kind of letter. Defined low and filled in high, so it knows no model."""

# From a kind to the function that writes it: `write(letter, at=…)` returns a message, or None where it is not wanted
# any more.
WRITERS: dict[str, str] = {"invitation": "schools.invitations.write"}
