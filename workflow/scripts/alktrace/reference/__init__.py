"""Once per reference: genome, reference transcripts, k-mers of the targets."""
