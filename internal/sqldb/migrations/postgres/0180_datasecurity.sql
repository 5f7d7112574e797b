-- Cost at a million rows: none, the table is new.
create table datasecurity_export (
  id text collate "C" primary key,
  number text collate "C" not null unique, -- E20261127-0003: on the file, in the log
  list text collate "C" not null,          -- which list, and the query that narrowed it
  query text collate "C" not null,
  lang text collate "C" not null,
  format text collate "C" not null,        -- csv, xlsx
  columns text collate "C" not null,       -- names, with commas; '' all
  contact boolean not null,    -- holds contact data
  reason text collate "C" not null,
  staff_id text collate "C" not null,
  unit_id text collate "C" not null,
  session text collate "C" not null,       -- the one that may fetch it
  state text collate "C" not null,         -- asked, approved, refused, making, ready, fetched, expired, failed
  total bigint not null,
  done bigint not null,
  filter text collate "C" not null,        -- what narrowed it, in words
  file text collate "C" not null,          -- in the blob store, sealed; '' none or gone
  size bigint not null,
  trouble text collate "C" not null,       -- key of the sentence why it failed
  decider text collate "C" not null,       -- who approved or refused
  remark text collate "C" not null,
  asked_at bigint not null,
  decided_at bigint not null,
  ready_at bigint not null,
  ended_at bigint not null
);
create index datasecurity_export_staff on datasecurity_export (staff_id, asked_at, id);
create index datasecurity_export_asked on datasecurity_export (asked_at, id);
create index datasecurity_export_open on datasecurity_export (state, asked_at) where state in ('asked', 'approved', 'making', 'ready');
