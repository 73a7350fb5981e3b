-- The role of the service.
SELECT SESSION_USER::text
