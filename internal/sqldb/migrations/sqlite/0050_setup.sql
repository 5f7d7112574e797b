-- Cost at a million rows: creates empty tables, nothing to move.
create table setup_upload (
  id text not null primary key,
  kind text not null,
  staff_id text not null,
  name text not null,
  content blob not null,
  digest text not null,
  created_at integer not null,
  expires_at integer not null
) strict;
create index setup_upload_expires on setup_upload (expires_at);

create table setup_password (
  staff_id text not null primary key references actor_staff (id),
  must_change integer not null,
  changed_at integer not null
) strict;

create table setup_reason (
  staff_id text not null references actor_staff (id),
  at integer not null,
  actor text not null,
  reason text not null,
  primary key (staff_id, at)
) strict;
