-- reports: figures day by day, so that a nation's dashboard is a sum of few rows; figures frozen at a closing; links that show them.

CREATE TABLE figure_day (                            -- reports.indicators.Counts of the sessions of one day, place and kind
    day                    date NOT NULL,            -- on the clock of the place
    structure_id           uuid NOT NULL REFERENCES structure ON DELETE CASCADE,
    commune_code           text NOT NULL,            -- of the place, else of the structure
    departement            text NOT NULL,
    kind                   text NOT NULL,
    commune_name           text NOT NULL,
    sessions               integer NOT NULL,
    held                   integer NOT NULL,
    held_empty             integer NOT NULL,
    called_off             integer NOT NULL,
    missing                integer NOT NULL,
    capacity               integer NOT NULL,
    seats_limited          integer NOT NULL,
    seats_unlimited        integer NOT NULL,
    bookings               integer NOT NULL,
    given_back             integer NOT NULL,
    waiting                integer NOT NULL,
    present                integer NOT NULL,
    absent                 integer NOT NULL,
    excused                integer NOT NULL,
    unanswered             integer NOT NULL,
    walk_ins               integer NOT NULL,
    informed               integer NOT NULL,
    helped                 integer NOT NULL,
    stand_activated        integer NOT NULL,
    shown                  integer NOT NULL,
    activated              integer NOT NULL,
    completed              integer NOT NULL,
    answered               integer NOT NULL,
    told                   integer NOT NULL,
    minutes                integer NOT NULL,
    preparation            integer NOT NULL,
    volunteer_minutes      integer NOT NULL,
    volunteer_preparation  integer NOT NULL,
    PRIMARY KEY (day, structure_id, commune_code, departement, kind)
);
CREATE INDEX figure_day_structure ON figure_day (structure_id, day);

CREATE TABLE rolled_day (                            -- days that figure_day holds; of any other, figures are counted from the sessions
    day  date PRIMARY KEY,
    at   timestamptz NOT NULL
);

CREATE TABLE stale_day (                             -- days of which something changed since: counted from the sessions until rolled again
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day  date NOT NULL
);
CREATE INDEX stale_day_day ON stale_day (day);

-- Sums must never lag behind what they sum, whoever writes it: so the database itself notes the days. Only days long over are
-- summed, so the desk's and the attendance list's work of today is not touched: the conditions below are all it costs.
CREATE FUNCTION note_stale_sessions(ids uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO stale_day (day)
    SELECT DISTINCT d.local_start::date
    FROM session s JOIN session d
      -- A hybrid session is one, and the bookings of a cycle count at its first date that takes place.
      ON d.id IN (s.id, s.onsite_id, s.lead_id) OR d.onsite_id = s.id OR d.lead_id = COALESCE(s.lead_id, s.id)
    WHERE s.id = ANY (ids) AND d.starts_at < now() - interval '2 days'
$$;

CREATE FUNCTION note_stale_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.local_start <> NEW.local_start THEN
        INSERT INTO stale_day (day) VALUES (OLD.local_start::date);
    END IF;
    PERFORM note_stale_sessions(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER session_added AFTER INSERT ON session FOR EACH ROW
    WHEN (NEW.starts_at < now() - interval '2 days') EXECUTE FUNCTION note_stale_session();
CREATE TRIGGER session_changed AFTER UPDATE ON session FOR EACH ROW
    WHEN (OLD.starts_at < now() - interval '2 days' OR NEW.starts_at < now() - interval '2 days')
    EXECUTE FUNCTION note_stale_session();

CREATE FUNCTION note_stale_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_stale_sessions(ARRAY[COALESCE(NEW.session_id, OLD.session_id)]);
    RETURN NULL;
END $$;
CREATE TRIGGER tally_changed AFTER INSERT OR UPDATE OR DELETE ON tally FOR EACH ROW EXECUTE FUNCTION note_stale_counts();
CREATE TRIGGER count_sum_changed AFTER INSERT OR UPDATE OR DELETE ON count_sum FOR EACH ROW EXECUTE FUNCTION note_stale_counts();
CREATE TRIGGER effort_sum_changed AFTER INSERT OR UPDATE OR DELETE ON effort_sum FOR EACH ROW EXECUTE FUNCTION note_stale_counts();

CREATE FUNCTION note_stale_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_stale_sessions(ARRAY(SELECT id FROM session WHERE event_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER event_changed AFTER UPDATE ON event FOR EACH ROW
    WHEN ((OLD.state IN ('published', 'archived')) <> (NEW.state IN ('published', 'archived')) OR OLD.kind <> NEW.kind OR OLD.is_cycle <> NEW.is_cycle
          OR OLD.structure_id <> NEW.structure_id)
    EXECUTE FUNCTION note_stale_event();

CREATE FUNCTION note_stale_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'place' THEN
        PERFORM note_stale_sessions(ARRAY(SELECT id FROM session WHERE place_id = NEW.id));
    ELSE
        PERFORM note_stale_sessions(ARRAY(
            SELECT s.id FROM session s JOIN event e ON e.id = s.event_id WHERE e.structure_id = NEW.id));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER place_moved AFTER UPDATE ON place FOR EACH ROW
    WHEN (OLD.commune_code <> NEW.commune_code OR OLD.departement <> NEW.departement OR OLD.commune_name <> NEW.commune_name)
    EXECUTE FUNCTION note_stale_place();
CREATE TRIGGER structure_moved AFTER UPDATE ON structure FOR EACH ROW
    WHEN (OLD.commune_code <> NEW.commune_code OR OLD.departement <> NEW.departement OR OLD.commune_name <> NEW.commune_name)
    EXECUTE FUNCTION note_stale_place();

CREATE TABLE snapshot (                              -- the figures of a closed period as they were, small counts hidden (F6)
    period_id  uuid PRIMARY KEY REFERENCES closed_period ON DELETE RESTRICT,
    made_at    timestamptz NOT NULL,
    content    text NOT NULL,                        -- canonical JSON: what the hash is of
    sha256     bytea NOT NULL,
    signature  text NOT NULL                         -- keyed: only this service can make it
);

CREATE TABLE report_link (                           -- a dashboard that somebody without an account may read (F9)
    id            uuid PRIMARY KEY,
    label         text NOT NULL CHECK (label <> ''), -- for whom
    structure_id  uuid REFERENCES structure ON DELETE RESTRICT,  -- of one structure, or
    departements  text[],                            -- of a territory; both NULL: the whole nation
    by            text NOT NULL,                     -- reports.report.Grouping
    kind          text,
    first_day     date NOT NULL,
    last_day      date NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    uuid REFERENCES person ON DELETE RESTRICT,
    expires_at    timestamptz NOT NULL,
    revoked_at    timestamptz,
    revoked_by    uuid REFERENCES person ON DELETE RESTRICT,
    CHECK (last_day >= first_day),
    CHECK (structure_id IS NULL OR departements IS NULL)
);
CREATE INDEX report_link_creator ON report_link (created_by, created_at);
