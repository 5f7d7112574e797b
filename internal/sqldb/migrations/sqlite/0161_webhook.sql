-- Cost at a million rows: creates empty tables, nothing to move.
create table webhook_subscription (
  id text not null primary key,
  name text not null,
  url text not null,
  deeds text not null,
  unit text not null,
  category text not null,
  private integer not null,
  active integer not null,
  since integer not null,
  failures integer not null,
  paused_until integer not null,
  rev integer not null
) strict;

create table webhook_key (
  id text not null primary key,
  subscription text not null references webhook_subscription (id),
  secret text not null,
  created_at integer not null,
  expires_at integer not null
) strict;
create index webhook_key_of on webhook_key (subscription);

create table webhook_delivery (
  id text not null primary key,
  subscription text not null references webhook_subscription (id),
  matter_id text not null references matter (id),
  seq integer not null,
  deed text not null,
  happened_at integer not null,
  state text not null,
  attempts integer not null,
  next_at integer not null,
  lease_until integer not null,
  status integer not null,
  took_us integer not null,
  trouble text not null,
  created_at integer not null,
  tried_at integer not null,
  unique (subscription, matter_id, seq)
) strict;
create index webhook_delivery_due on webhook_delivery (subscription, next_at, id) where state = 'queued';
create index webhook_delivery_newest on webhook_delivery (subscription, id);
create index webhook_delivery_dead on webhook_delivery (id) where state = 'dead';
create index webhook_delivery_done on webhook_delivery (tried_at) where state in ('done', 'withheld');
