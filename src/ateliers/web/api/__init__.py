"""The door for programs: /api/v1, JSON in and out, problem details (RFC 9457) for every no."""
