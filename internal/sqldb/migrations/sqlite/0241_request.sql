-- Cost at a million rows: none, the table is new. One row for each request that was received as urgent because of its words.
create table request_alarm (
  matter_id text not null primary key references matter (id),
  signal text not null,   -- code and revision of the signal at that time
  rev integer not null,
  name text not null,
  found text not null,    -- the signal's words that the text holds, by 、: never more of the text
  phone text not null,
  service text not null,
  advice text not null,
  limit_n integer not null,
  limit_unit text not null,
  at integer not null,
  ended_at integer not null, -- 0 in force
  ended_by text not null
) strict;
