-- Cost at a million rows: creates empty tables, nothing to move.
create table intake_draft (
  id text collate "C" not null primary key,
  state text collate "C" not null,
  changed_at bigint not null
);
create index intake_draft_age on intake_draft (changed_at);

create table intake_sent (
  draft_id text collate "C" not null primary key,
  matter_id text collate "C" not null references matter (id),
  at bigint not null
);
create index intake_sent_age on intake_sent (at);

create table intake_follower (
  id text collate "C" not null primary key,
  matter_id text collate "C" not null references matter (id),
  code_hash text collate "C" not null,
  contact_id text collate "C" not null,
  masked text collate "C" not null,
  at bigint not null
);
create index intake_follower_code on intake_follower (matter_id, code_hash);
