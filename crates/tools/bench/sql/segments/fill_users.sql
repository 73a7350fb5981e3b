-- Users, an operation, the table that a query of a segment reads, and the rights of its login.
INSERT INTO segments.users (guid, source_id)
SELECT md5('user ' || n)::uuid, 'u' || n FROM generate_series(1, $ROWS) AS n;

INSERT INTO segments.operations (kind, actor) VALUES ('test', 'bench');

CREATE TABLE public.customers (user_id int PRIMARY KEY, email text NOT NULL, stage int NOT NULL DEFAULT 0);
INSERT INTO public.customers (user_id, email)
SELECT n, md5('email ' || n) FROM generate_series(1, $ROWS) AS n;

GRANT USAGE ON SCHEMA public TO bench_queries;
GRANT SELECT ON public.customers TO bench_queries;
