-- Cost at a million rows: columns with a constant default are instant; the table is new.
-- placed: how the place came about: '' given, 'words' taken from the words, 'default' its point is the default of some system and not used.
-- src_…: the point as it came and its coordinate system, when that is not the point in use.
alter table request_order add column placed text collate "C" not null default '';
alter table request_order add column src_datum text collate "C" not null default '';
alter table request_order add column src_lat double precision;
alter table request_order add column src_lng double precision;
create table place_default (
  lat double precision not null,
  lng double precision not null,
  requests bigint not null,    -- that have exactly this point
  among bigint not null,       -- so many with a point
  addresses bigint not null,   -- so many different ones, without their numbers
  categories bigint not null,
  examples text collate "C" not null,   -- json: addresses, the most frequent first
  found_at bigint not null,
  verdict text collate "C" not null,    -- '' nobody has looked, yes, no
  decided_by text collate "C" not null,
  decided_at bigint,
  rev bigint not null,
  primary key (lat, lng)
);
