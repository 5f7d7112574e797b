-- Cost at a million rows: none, the table is new. One row for each request that was received as urgent because of its words.
create table request_alarm (
  matter_id text collate "C" not null primary key references matter (id),
  signal text collate "C" not null,   -- code and revision of the signal at that time
  rev bigint not null,
  name text collate "C" not null,
  found text collate "C" not null,    -- the signal's words that the text holds, by 、: never more of the text
  phone text collate "C" not null,
  service text collate "C" not null,
  advice text collate "C" not null,
  limit_n bigint not null,
  limit_unit text collate "C" not null,
  at bigint not null,
  ended_at bigint not null, -- 0 in force
  ended_by text collate "C" not null
);
