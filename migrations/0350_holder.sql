-- Which worker process claimed a message last: when it died, what it had not begun to send is taken back.
ALTER TABLE outbox ADD COLUMN holder uuid;
