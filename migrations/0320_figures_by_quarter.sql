-- reports: figures of structures and communes by quarter, so that a nation's year is told of each by reading a few lines of it.

CREATE TABLE figure_quarter (                        -- structure_month added up: true of quarters whose every day that is summed is true
    quarter                date NOT NULL,            -- its first day
    by                     text NOT NULL,            -- reports.grouping.Grouping: structure or commune
    kind                   text NOT NULL,            -- '': all kinds together
    departement            text NOT NULL,
    of                     text NOT NULL,            -- the structure's id, the commune's code
    name                   text NOT NULL,            -- of the commune
    sessions               bigint NOT NULL,
    held                   bigint NOT NULL,
    held_empty             bigint NOT NULL,
    called_off             bigint NOT NULL,
    missing                bigint NOT NULL,
    capacity               bigint NOT NULL,
    seats_limited          bigint NOT NULL,
    seats_unlimited        bigint NOT NULL,
    bookings               bigint NOT NULL,
    given_back             bigint NOT NULL,
    waiting                bigint NOT NULL,
    present                bigint NOT NULL,
    absent                 bigint NOT NULL,
    excused                bigint NOT NULL,
    unanswered             bigint NOT NULL,
    walk_ins               bigint NOT NULL,
    informed               bigint NOT NULL,
    helped                 bigint NOT NULL,
    stand_activated        bigint NOT NULL,
    shown                  bigint NOT NULL,
    activated              bigint NOT NULL,
    completed              bigint NOT NULL,
    answered               bigint NOT NULL,
    told                   bigint NOT NULL,
    minutes                bigint NOT NULL,
    preparation            bigint NOT NULL,
    volunteer_minutes      bigint NOT NULL,
    volunteer_preparation  bigint NOT NULL,
    PRIMARY KEY (quarter, by, kind, departement, of)
);

INSERT INTO figure_quarter
SELECT date_trunc('quarter', month)::date, line.by, COALESCE(kind, ''), departement, line.of, min(line.name),
    sum(sessions), sum(held), sum(held_empty), sum(called_off), sum(missing), sum(capacity), sum(seats_limited),
    sum(seats_unlimited), sum(bookings), sum(given_back), sum(waiting), sum(present), sum(absent), sum(excused),
    sum(unanswered), sum(walk_ins), sum(informed), sum(helped), sum(stand_activated), sum(shown), sum(activated),
    sum(completed), sum(answered), sum(told), sum(minutes), sum(preparation), sum(volunteer_minutes), sum(volunteer_preparation)
FROM structure_month
    CROSS JOIN LATERAL (VALUES ('structure', structure_id::text, ''), ('commune', commune_code, commune_name)) line (by, of, name)
GROUP BY GROUPING SETS ((1, line.by, departement, line.of, kind), (1, line.by, departement, line.of))
ORDER BY 1, 2, 3;
