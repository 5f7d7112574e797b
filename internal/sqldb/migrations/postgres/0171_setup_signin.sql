-- Cost at a million rows: creates empty tables, nothing to move.
create table setup_provider (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  issuer text collate "C" not null,
  client_id text collate "C" not null,
  secret text collate "C" not null,
  creates boolean not null,
  active boolean not null,
  changed_at bigint not null
);

create table setup_identity (
  issuer text collate "C" not null,
  subject text collate "C" not null,
  staff_id text collate "C" not null references actor_staff (id),
  provider_id text collate "C" not null,
  created_at bigint not null,
  primary key (issuer, subject)
);
create index setup_identity_staff on setup_identity (staff_id);

create table setup_flow (
  state text collate "C" not null primary key,
  expires_at bigint not null
);

create table setup_founding (
  token text collate "C" not null primary key,
  expires_at bigint not null
);
