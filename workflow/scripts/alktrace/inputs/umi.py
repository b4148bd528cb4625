"""Identifiers of molecules in read names.

The expression is the user's: it is matched by RE2, in time that grows with the name's length only, so that no
expression can hang a run.
"""

from __future__ import annotations

from typing import Any

import re2

from ..model.molecules import MoleculeRule
from ..model.vocabulary import Library

UNUSED = "none"  # the sheet's word for identifiers that are to be left alone


def compile_umi(expression: str) -> Any:
    """A compiled expression with `search`, as of `re`. Raises ValueError that says what is wrong, also without exactly
    one group."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        pattern = re2.compile(expression, options)
    except (re2.error, RecursionError, OverflowError, UnicodeError) as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"is not a regular expression of RE2 ({text[:100]})") from None
    if pattern.groups != 1:
        raise ValueError(f"has {pattern.groups} groups; put one pair of brackets round the UMI")
    return pattern


def molecule_rule(umi: str | None, library: str) -> MoleculeRule:
    """The rule of a row of the sheet, for every stage that counts."""
    return MoleculeRule(compile_umi(umi) if umi else None, library == Library.AMPLICON)
