-- Cost at a million rows: none, the table is new.
create table request_exclusion (
  matter_id text collate "C" not null references matter (id),
  rate text collate "C" not null,    -- the name of a rate that the request is left out of
  unit_id text collate "C" not null, -- which asked for it
  at bigint not null,
  primary key (matter_id, rate)
);
create index request_exclusion_rate on request_exclusion (rate, matter_id);
