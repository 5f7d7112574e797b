-- cost at a million rows: none, the tables are new
create table job (
	id text collate "C" not null primary key,
	kind text collate "C" not null,
	key text collate "C" not null, -- what happens once; '' for work that may repeat
	args text collate "C" not null,
	state text collate "C" not null check (state in ('ready', 'running', 'done', 'dead')),
	run_at bigint not null,
	attempt bigint not null, -- how often it has been begun since it was ready at first
	lease_until bigint not null, -- running: when the worker has lost it; else 0
	created_at bigint not null,
	finished_at bigint not null, -- done or dead; else 0
	trouble text collate "C" not null -- what the last attempt said
);
create unique index job_once on job (kind, key) where key <> '';
create index job_ready on job (kind, run_at, id) where state = 'ready';
create index job_running on job (lease_until) where state = 'running';
create index job_finished on job (state, finished_at, id) where finished_at > 0;
create table job_schedule (
	name text collate "C" not null primary key,
	kind text collate "C" not null,
	rhythm text collate "C" not null,
	next_at bigint not null,
	last_at bigint not null -- 0: never
);
