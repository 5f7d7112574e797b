-- Cost at a million rows: none, the tables are new.
create table assessment_exclusion (
  id text not null primary key,
  matter_id text not null references matter (id),
  unit_id text not null,
  kind text not null,      -- exclude, rating, count
  ground text not null,
  ground_name text not null,  -- as it was called when it was asked
  ground_rev integer not null,
  rates text not null,     -- names of rates, by ,
  state text not null,     -- asked, appealed, granted, refused
  open integer not null,
  asked_seq integer not null,  -- the deed that asked; its note is the reason
  asked_at integer not null,
  asked_by text not null,
  due_at integer not null,     -- of the decision that is awaited, or was
  decided_at integer,
  decided_by text not null,
  decided text not null,       -- granted, refused, '' not yet
  appealed_at integer,
  appealed_by text not null,
  final_at integer,
  final_by text not null
) strict;
create index assessment_exclusion_matter on assessment_exclusion (matter_id, asked_at);
create index assessment_exclusion_open on assessment_exclusion (open, due_at, id);
create index assessment_exclusion_asked on assessment_exclusion (asked_at, id);
create index assessment_exclusion_unit on assessment_exclusion (unit_id, asked_at);
