-- The table that the query of a segment reads, and its login.
CREATE ROLE $LOGIN LOGIN;
CREATE TABLE public.customers (guid uuid PRIMARY KEY, is_in bool NOT NULL);
GRANT SELECT ON public.customers TO $LOGIN;
