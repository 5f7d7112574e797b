-- Cost at a million rows: none, the table is new.
create table catalog_ground (
  code text not null primary key,  -- a ground of exclusion or of an appeal
  name text not null,
  kind text not null,    -- exclude, rating, count
  rates text not null,   -- names of rates, by 、
  source text not null,  -- the rule it rests on
  proof integer not null,  -- a picture must be added
  active integer not null,
  rev integer not null,
  sort integer not null
) strict;
