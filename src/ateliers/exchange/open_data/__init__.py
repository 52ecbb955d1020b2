"""Open data: the public sessions as rows that anybody may take, under Licence Ouverte 2.0 (B20)."""
