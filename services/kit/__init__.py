"""What every service shares: server, errors, deadlines, admission, auth, telemetry, settings, channels."""
