-- Cost at a million rows: the tables are new; the index on events reads matter_event once, some seconds.
create table assessment_signal (
  id text not null primary key,
  month text not null,     -- 2026-05
  unit_id text not null,
  kind text not null,      -- catalog_watch
  cases integer not null,
  total integer not null,  -- of how many
  seen integer not null,   -- a reviewer has looked at all of it
  verdict text not null,   -- '', fine, talk: what he made of it
  remark text not null,
  seen_at integer,
  seen_by text not null,
  at integer not null      -- of the latest count
) strict;
create unique index assessment_signal_one on assessment_signal (month, unit_id, kind);

create table assessment_signal_case (
  signal_id text not null references assessment_signal (id),
  matter_id text not null references matter (id),
  primary key (signal_id, matter_id)
) strict;
create index assessment_replied_at on matter_event (at, matter_id) where name = 'replied';
