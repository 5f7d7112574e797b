-- Cost at a million rows: a column with a constant default is instant; the table is new.
alter table catalog_duty add column ceded integer not null default 0; -- the city has handed it down to this line's unit: it does not cross the city department's duty
create table catalog_street (
  category text not null primary key,
  kind text not null, -- lead, assist, none: the department's own duty
  note text not null
) strict;
