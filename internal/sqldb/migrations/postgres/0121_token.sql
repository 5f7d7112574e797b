-- Cost at a million rows: creates empty tables, nothing to move.
create table actor_token (
  id text collate "C" not null primary key,
  staff_id text collate "C" not null references actor_staff (id),
  name text collate "C" not null,
  hash text collate "C" not null unique,
  scopes text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null,
  seen_at bigint,
  revoked_at bigint
);
create index actor_token_staff on actor_token (staff_id, created_at, id);
create index actor_token_created on actor_token (created_at, id);
