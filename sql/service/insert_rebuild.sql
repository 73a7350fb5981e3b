-- Records the beginning of a rebuild. A running rebuild starts again under another id.
-- $1 service, $2 targets bigint[], $3 group_id
INSERT INTO public.tagmill_rebuilds AS r (service, group_id, phase, targets)
VALUES ($1, $3, 'replaying', $2)
ON CONFLICT (service) DO UPDATE
SET
    id = DEFAULT,
    group_id = excluded.group_id,
    phase = excluded.phase,
    targets = excluded.targets,
    published_to = DEFAULT,
    started_at = DEFAULT
