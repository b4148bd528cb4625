"""Recruited reads against the reference."""
