"""Who is who: structures and their charter, people and their roles, signing in."""
