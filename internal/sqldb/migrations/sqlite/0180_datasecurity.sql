-- Cost at a million rows: none, the table is new.
create table datasecurity_export (
  id text primary key,
  number text not null unique, -- E20261127-0003: on the file, in the log
  list text not null,          -- which list, and the query that narrowed it
  query text not null,
  lang text not null,
  format text not null,        -- csv, xlsx
  columns text not null,       -- names, with commas; '' all
  contact integer not null,    -- holds contact data
  reason text not null,
  staff_id text not null,
  unit_id text not null,
  session text not null,       -- the one that may fetch it
  state text not null,         -- asked, approved, refused, making, ready, fetched, expired, failed
  total integer not null,
  done integer not null,
  filter text not null,        -- what narrowed it, in words
  file text not null,          -- in the blob store, sealed; '' none or gone
  size integer not null,
  trouble text not null,       -- key of the sentence why it failed
  decider text not null,       -- who approved or refused
  remark text not null,
  asked_at integer not null,
  decided_at integer not null,
  ready_at integer not null,
  ended_at integer not null
) strict;
create index datasecurity_export_staff on datasecurity_export (staff_id, asked_at, id);
create index datasecurity_export_asked on datasecurity_export (asked_at, id);
create index datasecurity_export_open on datasecurity_export (state, asked_at) where state in ('asked', 'approved', 'making', 'ready');
