"""The one error a user can cause."""

from __future__ import annotations


class InputError(Exception):
    """Bad input: the message names the file, row, column or read, what is wrong and what to do, in one line.

    Names and lines of files stand in it, and terminals obey control characters: what cannot be printed becomes "?".
    """

    def __init__(self, message: str):
        super().__init__("".join(c if c.isprintable() else "?" for c in " ".join(message.split())))
