"""What goes wrong on one machine, told in one sentence that says what to do."""


class LocalStackError(Exception):
    """An expected failure of the local stack; its text is printed as it is, without a traceback."""
