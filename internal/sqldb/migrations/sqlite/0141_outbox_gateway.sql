-- cost at a million rows: creates empty tables, nothing to move
create table outbox_gateway (
  id text not null primary key,
  name text not null,
  description text not null,
  secrets text not null,
  door text not null,
  active integer not null,
  rank integer not null,
  rev integer not null,
  changed_at integer not null,
  trouble text not null,
  trouble_at integer not null
) strict;
