-- agenda: a short code that people type from a poster (B22); eight hexadecimal digits, none mistaken for a letter
ALTER TABLE session ADD COLUMN code text NOT NULL DEFAULT upper(substr(gen_random_uuid()::text, 1, 8));
CREATE UNIQUE INDEX session_code ON session (code);
