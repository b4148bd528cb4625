"""Mutation screening: codon counts, error model, calls, limits of detection, phase and hotspot events."""
