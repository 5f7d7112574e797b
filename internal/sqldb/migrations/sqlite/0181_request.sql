-- Cost at a million rows: one index over the records, a second or two.
create table request_publication (
  matter_id text primary key references matter (id),
  text text not null,    -- what everybody may read; '' nothing of the resident's words
  place text not null,   -- the address as everybody may read it
  by text not null,
  at integer not null
) strict;
create index request_publication_at on request_publication (at, matter_id);
