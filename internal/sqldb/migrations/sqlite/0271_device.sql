-- Cost at a million rows: adds columns with a constant default, no rewrite.
alter table intake_device add column src_datum text not null default '';
alter table intake_device add column src_lat real not null default 0;
alter table intake_device add column src_lng real not null default 0;
