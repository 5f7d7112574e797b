-- Cost at a million rows: creates empty tables, nothing to move.
create table intake_device (
  code text not null primary key,
  name text not null,
  kind text not null,
  facility text not null,
  address text not null,
  area text not null,
  lat real not null,
  lng real not null,
  source text not null,
  per_minute integer not null,
  active integer not null,
  rev integer not null
) strict;
create index intake_device_kind on intake_device (kind, code);

create table intake_device_state (
  device text not null primary key references intake_device (code),
  seq integer not null,
  at integer not null,
  received_at integer not null,
  metric text not null,
  value real not null,
  readings integer not null
) strict;

create table intake_device_rule (
  id text not null primary key,
  kind text not null,
  name text not null,
  metric text not null,
  unit text not null,
  below integer not null,
  trip real not null,
  clear real not null,
  times integer not null,
  minutes integer not null,
  category text not null,
  urgency text not null,
  redo_hours integer not null,
  advice text not null,
  active integer not null,
  rev integer not null
) strict;
create index intake_device_rule_kind on intake_device_rule (kind, metric);

create table intake_device_source (
  code text not null primary key,
  name text not null,
  active integer not null
) strict;

create table intake_device_key (
  id text not null primary key,
  kind text not null,
  owner text not null,
  token text not null unique,
  secret text not null,
  created_at integer not null,
  expires_at integer not null,
  used_at integer not null
) strict;
create index intake_device_key_owner on intake_device_key (kind, owner);

create table intake_device_fault (
  id text not null primary key,
  device text not null references intake_device (code),
  rule text not null references intake_device_rule (id),
  matter_id text not null references matter (id),
  state text not null,
  together integer not null,
  opened_at integer not null,
  first_at integer not null,
  last_at integer not null,
  readings integer not null,
  peak real not null,
  last real not null,
  recovered_at integer not null,
  relapses integer not null,
  dropped integer not null,
  noted_at integer not null,
  closed_at integer not null
) strict;
create unique index intake_device_fault_open on intake_device_fault (device, rule) where closed_at = 0;
create index intake_device_fault_matter on intake_device_fault (matter_id);
create index intake_device_fault_opened on intake_device_fault (opened_at, id);

create table intake_device_reading (
  owner text not null,
  origin text not null,
  event text not null,
  device text not null references intake_device (code),
  metric text not null,
  seq integer not null,
  at integer not null,
  received_at integer not null,
  value real not null,
  verdict text not null,
  primary key (owner, origin, event)
) strict;
create index intake_device_reading_at on intake_device_reading (device, metric, at);
create index intake_device_reading_received on intake_device_reading (received_at);

create table intake_device_drop (
  hour integer not null,
  device text not null,
  reason text not null,
  n integer not null,
  first_at integer not null,
  last_at integer not null,
  sample text not null,
  primary key (hour, device, reason)
) strict;
create index intake_device_drop_device on intake_device_drop (device, hour);

create table intake_device_surge (
  hour integer not null primary key,
  matter_id text not null references matter (id)
) strict;
