"""Plain text: an entry for each line, verbatim."""

from services.ingest.manifests.lines import BadLine, Block, Line, find_fault


class PlainParser:
    """Parse lines that are entries, each to its line feed or to its carriage return before that."""

    header_lines = 0

    def needs(self, block: Block) -> bool:
        """Say whether a block matters to those after it."""
        del block
        return False

    def parse(self, block: Block) -> list[Line | BadLine]:
        """Return the entries; an empty line is none, and no fault either."""
        texts = [text.removesuffix("\r") for text in block.lines]
        if block.suspicious:
            return [
                find_fault(number, text) or Line(number, text)
                for number, text in enumerate(texts, block.number)
                if text
            ]
        return [Line(number, text) for number, text in enumerate(texts, block.number) if text]

    def finish(self) -> list[Line | BadLine]:
        """Return nothing: no line waits for another."""
        return []
