"""The one error a user can cause."""

from __future__ import annotations

_LONGEST = 1500  # characters; the middle of a longer message is left out


class InputError(Exception):
    """Bad input: the message names the file, row, column or read, what is wrong and what to do, in one line.

    Names and lines of files stand in it, and terminals obey control characters: what cannot be printed becomes "?".
    """

    def __init__(self, message: str):
        said = "".join(c if c.isprintable() else "?" for c in " ".join(message.split()))
        if len(said) > _LONGEST:
            said = f"{said[: _LONGEST // 2]} ... {said[-_LONGEST // 4 :]}"
        super().__init__(said)
