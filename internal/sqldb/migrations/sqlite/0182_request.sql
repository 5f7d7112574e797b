-- Cost at a million rows: a column with a constant default is instant; the second table is new.
alter table request_contact add column hears text not null default ''; -- what a follower wants to hear of: '' every step, 'answer' what was answered
create table intake_act (
  matter_id text not null references matter (id),
  once text not null,    -- of the form that was sent: sent twice it is one act
  at integer not null,
  primary key (matter_id, once)
) strict;
