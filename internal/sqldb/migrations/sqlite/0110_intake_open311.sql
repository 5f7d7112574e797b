-- cost at a million rows: new empty tables
create table intake_open311_key (
  id text not null primary key,
  name text not null,
  hint text not null,
  hash text not null unique,
  scopes text not null,
  destination_id text not null,
  created_by text not null,
  created_at integer not null,
  expires_at integer,
  revoked_at integer,
  used_at integer
) strict;

create table intake_open311_service (
  category text not null primary key,
  kind text not null
) strict;

create table intake_open311_attribute (
  category text not null,
  code text not null,
  position integer not null,
  spec text not null,
  primary key (category, code)
) strict;

create table intake_open311_origin (
  matter_id text not null primary key references matter (id),
  key_id text not null,
  reference text not null,
  body_hash text not null,
  at integer not null
) strict;
create index intake_open311_origin_body on intake_open311_origin (key_id, body_hash, at);

create table intake_open311_media (
  id text not null primary key,
  matter_id text not null references matter (id),
  seq integer not null,
  url text not null,
  state text not null,
  trouble text not null,
  at integer not null
) strict;
create index intake_open311_media_matter on intake_open311_media (matter_id, id);

create table intake_open311_token (
  id text not null primary key,
  hash text not null unique,
  key_id text not null,
  sealed text not null,
  number text not null,
  created_at integer not null,
  expires_at integer not null
) strict;
create index intake_open311_token_expiry on intake_open311_token (expires_at);

create table intake_open311_sandbox (
  id text not null primary key,
  key_id text not null,
  service_code text not null,
  record text not null,
  at integer not null
) strict;
create index intake_open311_sandbox_at on intake_open311_sandbox (at, id);

create table intake_open311_destination (
  id text not null primary key,
  name text not null,
  discovery text not null,
  endpoint text not null,
  json integer not null,
  jurisdiction text not null,
  api_key text not null,
  switches text not null,
  unit_id text not null,
  lane integer not null,
  active integer not null,
  requests_to integer not null,
  updates_to integer not null,
  trouble text not null,
  warned_at integer,
  checked_at integer,
  services text not null,
  rev integer not null
) strict;

create table intake_open311_mapping (
  destination_id text not null references intake_open311_destination (id),
  category text not null,
  service_code text not null,
  primary key (destination_id, category)
) strict;

create table intake_open311_link (
  id text not null primary key,
  matter_id text not null references matter (id),
  destination_id text not null references intake_open311_destination (id),
  direction text not null,
  state text not null,
  service_code text not null,
  remote_id text not null,
  token text not null,
  remote_status text not null,
  remote_at integer not null,
  tries integer not null,
  trouble text not null,
  created_by text not null,
  created_at integer not null,
  sent_at integer,
  confirmed_at integer,
  unique (matter_id, destination_id)
) strict;
create index intake_open311_link_remote on intake_open311_link (destination_id, remote_id);

create table intake_open311_update (
  destination_id text not null,
  update_id text not null,
  remote_id text not null,
  reference text not null,
  matter_id text not null,
  status text not null,
  text text not null,
  media text not null,
  at integer not null,
  received_at integer not null,
  outcome text not null,
  primary key (destination_id, update_id)
) strict;
create index intake_open311_update_waiting on intake_open311_update (destination_id, remote_id) where matter_id = '';
create index intake_open311_update_matter on intake_open311_update (matter_id, at);
