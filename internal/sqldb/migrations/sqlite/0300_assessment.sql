-- Cost at a million rows: a new table.
create table assessment_scheme (
  id text not null primary key,
  code text not null,
  name text not null,
  state text not null,
  valid_from text not null,
  valid_to text not null,
  body text not null,
  copy_of text not null,
  rev integer not null,
  created_at integer not null,
  created_by text not null
) strict;
create index assessment_scheme_valid on assessment_scheme (state, valid_from);
