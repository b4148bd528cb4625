"""Junctions: found, assembled, counted, classified."""
