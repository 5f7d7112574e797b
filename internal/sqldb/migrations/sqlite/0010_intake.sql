-- Cost at a million rows: creates empty tables, nothing to move.
create table intake_draft (
  id text not null primary key,
  state text not null,
  changed_at integer not null
) strict;
create index intake_draft_age on intake_draft (changed_at);

create table intake_sent (
  draft_id text not null primary key,
  matter_id text not null references matter (id),
  at integer not null
) strict;
create index intake_sent_age on intake_sent (at);

create table intake_follower (
  id text not null primary key,
  matter_id text not null references matter (id),
  code_hash text not null,
  contact_id text not null,
  masked text not null,
  at integer not null
) strict;
create index intake_follower_code on intake_follower (matter_id, code_hash);
