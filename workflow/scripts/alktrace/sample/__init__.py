"""One sample through the stages, in their order: what the rules of a sample call."""
