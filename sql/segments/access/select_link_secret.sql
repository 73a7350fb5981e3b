-- The secret with which report links are signed, the same for all replicas.
SELECT secret FROM segments.secrets WHERE name = 'report_links'
