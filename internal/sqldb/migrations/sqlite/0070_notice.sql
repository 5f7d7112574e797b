-- Cost at a million rows: creates an empty table, nothing to move.
create table notice_message (
  id text not null primary key,
  matter_id text not null references matter (id),
  seq integer not null,
  contact_id text not null,
  channel text not null,
  template text not null,
  body text not null,
  state text not null,
  created_at integer not null,
  sent_at integer,
  unique (matter_id, seq, contact_id, template)
) strict;
create index notice_message_newest on notice_message (created_at, id);
create index notice_message_state on notice_message (state, created_at);
