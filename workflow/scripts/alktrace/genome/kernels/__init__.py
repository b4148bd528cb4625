"""Compiled code of the genome: text to two bits a base. Nothing here imports from outside this package but numba."""
