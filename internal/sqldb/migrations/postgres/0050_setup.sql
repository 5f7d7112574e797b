-- Cost at a million rows: creates empty tables, nothing to move.
create table setup_upload (
  id text collate "C" not null primary key,
  kind text collate "C" not null,
  staff_id text collate "C" not null,
  name text collate "C" not null,
  content bytea not null,
  digest text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null
);
create index setup_upload_expires on setup_upload (expires_at);

create table setup_password (
  staff_id text collate "C" not null primary key references actor_staff (id),
  must_change boolean not null,
  changed_at bigint not null
);

create table setup_reason (
  staff_id text collate "C" not null references actor_staff (id),
  at bigint not null,
  actor text collate "C" not null,
  reason text collate "C" not null,
  primary key (staff_id, at)
);
