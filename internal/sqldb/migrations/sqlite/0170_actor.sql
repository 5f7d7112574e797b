-- Cost at a million rows: sessions are few; adds columns to them and creates empty tables.
alter table actor_session add column place text not null default '';
alter table actor_session add column strong integer not null default 0;
alter table actor_session add column proved_at integer not null default 0;

create table actor_half (
  token text not null primary key,
  staff_id text not null references actor_staff (id),
  tries integer not null,
  expires_at integer not null
) strict;
create index actor_half_staff on actor_half (staff_id);

create table actor_second (
  staff_id text not null primary key references actor_staff (id),
  secret text not null,
  last_step integer not null,
  created_at integer not null
) strict;

create table actor_recovery (
  staff_id text not null references actor_staff (id),
  hash text not null,
  used_at integer not null,
  primary key (staff_id, hash)
) strict;
