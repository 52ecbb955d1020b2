-- places, agenda: words that are found whatever becomes of them, and the way to 100,000 sessions.

-- As words.fold: lower case without accents, ligatures undone, everything else but letters and digits a space.
CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    regexp_replace(lower(regexp_replace(normalize(
        replace(replace(replace(replace($1, 'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'),
        NFD), '[\u0300-\u036f]', '', 'g')), '[^[:alnum:]]+', ' ', 'g');

-- A place says its own words: renamed, it is found at once under its new name. Each session is found by the words of its own place.
ALTER TABLE place ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS
    (to_tsvector('french', fold(name || ' ' || commune_name || ' ' || postcode))) STORED;
CREATE INDEX place_words ON place USING gin (words);
CREATE INDEX place_spot ON place (latitude, longitude);

UPDATE event SET words = ts_filter(event.words, '{a,b}') || setweight(to_tsvector('french', fold(structure.name)), 'C')
FROM structure WHERE structure.id = event.structure_id;

-- What a search reads of a session, without a look at the row itself: counters of seats, which change at each booking, stay out.
CREATE INDEX session_found ON session (place_id, ends_at) INCLUDE (id, event_id, starts_at, called_off_at)
    WHERE onsite_id IS NULL AND lead_id IS NULL;
