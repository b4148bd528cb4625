"""What the findings mean: verdicts, inhibitors, bypass events."""
