"""The tables of resources/, read and checked."""
