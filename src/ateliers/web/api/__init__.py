"""The door of programs: JSON under /api/v1, problem details for every no."""
