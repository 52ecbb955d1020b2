"""Where things are: communes, territories, distances, venues."""
