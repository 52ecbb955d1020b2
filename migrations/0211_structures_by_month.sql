-- reports: figures of whole months by structure and commune as well.

CREATE TABLE structure_month (                       -- figure_day added up by month: true of months whose every day is summed
    month                  date NOT NULL,            -- its first day
    structure_id           uuid NOT NULL REFERENCES structure ON DELETE CASCADE,
    commune_code           text NOT NULL,
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
    PRIMARY KEY (month, structure_id, commune_code, departement, kind)
);
CREATE INDEX structure_month_structure ON structure_month (structure_id, month);

INSERT INTO structure_month
SELECT date_trunc('month', day)::date, structure_id, commune_code, departement, kind, min(commune_name),
    sum(sessions), sum(held), sum(held_empty), sum(called_off), sum(missing), sum(capacity), sum(seats_limited),
    sum(seats_unlimited), sum(bookings), sum(given_back), sum(waiting), sum(present), sum(absent), sum(excused),
    sum(unanswered), sum(walk_ins), sum(informed), sum(helped), sum(stand_activated), sum(shown), sum(activated),
    sum(completed), sum(answered), sum(told), sum(minutes), sum(preparation), sum(volunteer_minutes), sum(volunteer_preparation)
FROM figure_day GROUP BY 1, 2, 3, 4, 5;
