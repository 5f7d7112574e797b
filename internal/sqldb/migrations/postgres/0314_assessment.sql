-- Cost at a million rows: the tables are new; the index on events reads matter_event once, some seconds.
create table assessment_signal (
  id text collate "C" not null primary key,
  month text collate "C" not null,     -- 2026-05
  unit_id text collate "C" not null,
  kind text collate "C" not null,      -- catalog_watch
  cases bigint not null,
  total bigint not null,  -- of how many
  seen boolean not null,   -- a reviewer has looked at all of it
  verdict text collate "C" not null,   -- '', fine, talk: what he made of it
  remark text collate "C" not null,
  seen_at bigint,
  seen_by text collate "C" not null,
  at bigint not null      -- of the latest count
);
create unique index assessment_signal_one on assessment_signal (month, unit_id, kind);

create table assessment_signal_case (
  signal_id text collate "C" not null references assessment_signal (id),
  matter_id text collate "C" not null references matter (id),
  primary key (signal_id, matter_id)
);
create index assessment_replied_at on matter_event (at, matter_id) where name = 'replied';
