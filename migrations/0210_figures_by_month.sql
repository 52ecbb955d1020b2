-- reports: figures of whole months, so that a nation's year is a sum of a few hundred rows.

CREATE TABLE figure_month (                          -- figure_day added up by month, département and kind: true of months whose every day is summed
    month                  date NOT NULL,            -- its first day
    departement            text NOT NULL,
    kind                   text NOT NULL,
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
    PRIMARY KEY (month, departement, kind)
);

INSERT INTO figure_month
SELECT date_trunc('month', day)::date, departement, kind, sum(sessions), sum(held), sum(held_empty), sum(called_off), sum(missing),
    sum(capacity), sum(seats_limited), sum(seats_unlimited), sum(bookings), sum(given_back), sum(waiting), sum(present), sum(absent),
    sum(excused), sum(unanswered), sum(walk_ins), sum(informed), sum(helped), sum(stand_activated), sum(shown), sum(activated),
    sum(completed), sum(answered), sum(told), sum(minutes), sum(preparation), sum(volunteer_minutes), sum(volunteer_preparation)
FROM figure_day GROUP BY 1, 2, 3;
