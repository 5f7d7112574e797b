-- Cost at a million rows: a column with a constant default is instant; the table is new.
alter table catalog_duty add column ceded boolean not null default false; -- the city has handed it down to this line's unit: it does not cross the city department's duty
create table catalog_street (
  category text collate "C" not null primary key,
  kind text collate "C" not null, -- lead, assist, none: the department's own duty
  note text collate "C" not null
);
