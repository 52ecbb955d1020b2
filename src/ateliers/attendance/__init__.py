"""Who came: marks on the list, walk-ins, the counts of each session."""
