-- Cost at a million rows: sessions are few; adds columns to them and creates empty tables.
alter table actor_session add column place text collate "C" not null default '';
alter table actor_session add column strong boolean not null default false;
alter table actor_session add column proved_at bigint not null default 0;

create table actor_half (
  token text collate "C" not null primary key,
  staff_id text collate "C" not null references actor_staff (id),
  tries bigint not null,
  expires_at bigint not null
);
create index actor_half_staff on actor_half (staff_id);

create table actor_second (
  staff_id text collate "C" not null primary key references actor_staff (id),
  secret text collate "C" not null,
  last_step bigint not null,
  created_at bigint not null
);

create table actor_recovery (
  staff_id text collate "C" not null references actor_staff (id),
  hash text collate "C" not null,
  used_at bigint not null,
  primary key (staff_id, hash)
);
