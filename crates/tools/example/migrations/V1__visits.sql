CREATE TABLE public.visits (at timestamptz NOT NULL DEFAULT clock_timestamp());
COMMENT ON TABLE public.visits IS 'One row for each request.';
COMMENT ON COLUMN public.visits.at IS 'When the request came.';
CREATE INDEX visits_at ON public.visits (at);
