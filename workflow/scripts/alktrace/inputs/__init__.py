"""Configuration and sample sheet."""
