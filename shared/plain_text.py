"""Plain text: names that others chose, shown so that nothing in them acts."""


def show(text: str) -> str:
    """Return a text with its control and invisible characters written out, by their code points.

    Beyond line breaks and a terminal's escapes, those turn the direction of what stands beside
    them ("Unicode Bidirectional Algorithm", 2), so that a name could pass for another.
    """
    return "".join(each if each.isprintable() else f"\\u{{{ord(each):x}}}" for each in text)
