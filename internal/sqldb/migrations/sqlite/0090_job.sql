-- cost at a million rows: none, the tables are new
create table job (
	id text not null primary key,
	kind text not null,
	key text not null, -- what happens once; '' for work that may repeat
	args text not null,
	state text not null check (state in ('ready', 'running', 'done', 'dead')),
	run_at integer not null,
	attempt integer not null, -- how often it has been begun since it was ready at first
	lease_until integer not null, -- running: when the worker has lost it; else 0
	created_at integer not null,
	finished_at integer not null, -- done or dead; else 0
	trouble text not null -- what the last attempt said
) strict;
create unique index job_once on job (kind, key) where key <> '';
create index job_ready on job (kind, run_at, id) where state = 'ready';
create index job_running on job (lease_until) where state = 'running';
create index job_finished on job (state, finished_at, id) where finished_at > 0;
create table job_schedule (
	name text not null primary key,
	kind text not null,
	rhythm text not null,
	next_at integer not null,
	last_at integer not null -- 0: never
) strict;
