"""Records handed from stage to stage, and the words for what they hold."""
