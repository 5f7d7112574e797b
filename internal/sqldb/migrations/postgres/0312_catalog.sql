-- Cost at a million rows: none, the table is new.
create table catalog_ground (
  code text collate "C" not null primary key,  -- a ground of exclusion or of an appeal
  name text collate "C" not null,
  kind text collate "C" not null,    -- exclude, rating, count
  rates text collate "C" not null,   -- names of rates, by 、
  source text collate "C" not null,  -- the rule it rests on
  proof boolean not null,  -- a picture must be added
  active boolean not null,
  rev bigint not null,
  sort bigint not null
);
