"""Genome sequence and gene models."""
