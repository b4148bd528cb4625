"""The recruiter's compiled loops. Only `recruit.stage` calls them, through `runtime.jit`."""
