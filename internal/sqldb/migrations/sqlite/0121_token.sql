-- Cost at a million rows: creates empty tables, nothing to move.
create table actor_token (
  id text not null primary key,
  staff_id text not null references actor_staff (id),
  name text not null,
  hash text not null unique,
  scopes text not null,
  created_at integer not null,
  expires_at integer not null,
  seen_at integer,
  revoked_at integer
) strict;
create index actor_token_staff on actor_token (staff_id, created_at, id);
create index actor_token_created on actor_token (created_at, id);
