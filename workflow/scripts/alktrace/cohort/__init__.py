"""All samples side by side, and the samples of one patient in time."""
