"""A junction's structure: exons, inserted and deleted bases, frame, label."""
