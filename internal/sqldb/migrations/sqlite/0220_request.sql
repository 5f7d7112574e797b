-- Cost at a million rows: columns with a constant default are instant; the table is new.
-- placed: how the place came about: '' given, 'words' taken from the words, 'default' its point is the default of some system and not used.
-- src_…: the point as it came and its coordinate system, when that is not the point in use.
alter table request_order add column placed text not null default '';
alter table request_order add column src_datum text not null default '';
alter table request_order add column src_lat real;
alter table request_order add column src_lng real;
create table place_default (
  lat real not null,
  lng real not null,
  requests integer not null,    -- that have exactly this point
  among integer not null,       -- so many with a point
  addresses integer not null,   -- so many different ones, without their numbers
  categories integer not null,
  examples text not null,   -- json: addresses, the most frequent first
  found_at integer not null,
  verdict text not null,    -- '' nobody has looked, yes, no
  decided_by text not null,
  decided_at integer,
  rev integer not null,
  primary key (lat, lng)
) strict, without rowid;
