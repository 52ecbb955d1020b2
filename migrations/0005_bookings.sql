-- A session's counters change with every booking: room on its page keeps each change there, out of six indexes.
ALTER TABLE session SET (fillfactor = 50);
