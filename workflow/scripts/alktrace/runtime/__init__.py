"""What every program needs: errors, files, compiled code, logs."""
