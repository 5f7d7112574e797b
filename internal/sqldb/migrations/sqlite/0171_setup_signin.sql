-- Cost at a million rows: creates empty tables, nothing to move.
create table setup_provider (
  id text not null primary key,
  name text not null,
  issuer text not null,
  client_id text not null,
  secret text not null,
  creates integer not null,
  active integer not null,
  changed_at integer not null
) strict;

create table setup_identity (
  issuer text not null,
  subject text not null,
  staff_id text not null references actor_staff (id),
  provider_id text not null,
  created_at integer not null,
  primary key (issuer, subject)
) strict;
create index setup_identity_staff on setup_identity (staff_id);

create table setup_flow (
  state text not null primary key,
  expires_at integer not null
) strict;

create table setup_founding (
  token text not null primary key,
  expires_at integer not null
) strict;
