-- Cost at a million rows: creates an empty table, nothing to move.
create table notice_message (
  id text collate "C" not null primary key,
  matter_id text collate "C" not null references matter (id),
  seq bigint not null,
  contact_id text collate "C" not null,
  channel text collate "C" not null,
  template text collate "C" not null,
  body text collate "C" not null,
  state text collate "C" not null,
  created_at bigint not null,
  sent_at bigint,
  unique (matter_id, seq, contact_id, template)
);
create index notice_message_newest on notice_message (created_at, id);
create index notice_message_state on notice_message (state, created_at);
