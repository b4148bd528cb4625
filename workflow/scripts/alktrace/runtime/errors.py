"""The one error a user can cause."""

from __future__ import annotations


class InputError(Exception):
    """Bad input: the message names the file, row, column or read, what is wrong and what to do, in one line."""
