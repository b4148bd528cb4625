"""Compiled code of the search. Nothing here imports from outside this package but numba."""
