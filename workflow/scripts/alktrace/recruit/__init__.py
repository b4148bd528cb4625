"""Reads that share k-mers with the targets."""
