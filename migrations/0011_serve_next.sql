-- Who waits is looked for often, so that whatever freed a seat, it is served.
CREATE INDEX session_seats_waiting ON session (id) WHERE seats_waiting > 0;
