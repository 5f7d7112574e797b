-- Cost at a million rows: none, the table is new.
create table request_exclusion (
  matter_id text not null references matter (id),
  rate text not null,    -- the name of a rate that the request is left out of
  unit_id text not null, -- which asked for it
  at integer not null,
  primary key (matter_id, rate)
) strict;
create index request_exclusion_rate on request_exclusion (rate, matter_id);
