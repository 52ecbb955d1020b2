-- agenda: a short code that people type from a poster (B22); ten hexadecimal digits: none mistaken for a letter, and enough of
-- them that neither two sessions draw the same nor anybody guesses one
ALTER TABLE session ADD COLUMN code text NOT NULL DEFAULT upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 10));
CREATE UNIQUE INDEX session_code ON session (code);
