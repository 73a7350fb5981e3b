-- A rebuild begins; one that was under way begins anew, under another id.
-- $1 service, $2 targets bigint[]
INSERT INTO public.tagmill_rebuilds AS r (service, phase, targets)
VALUES ($1, 'replaying', $2)
ON CONFLICT (service) DO UPDATE
SET
    id = DEFAULT,
    phase = excluded.phase,
    targets = excluded.targets,
    published_to = DEFAULT,
    started_at = DEFAULT
