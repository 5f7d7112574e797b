-- Cost at a million rows: a new table.
create table assessment_scheme (
  id text collate "C" not null primary key,
  code text collate "C" not null,
  name text collate "C" not null,
  state text collate "C" not null,
  valid_from text collate "C" not null,
  valid_to text collate "C" not null,
  body text collate "C" not null,
  copy_of text collate "C" not null,
  rev bigint not null,
  created_at bigint not null,
  created_by text collate "C" not null
);
create index assessment_scheme_valid on assessment_scheme (state, valid_from);
