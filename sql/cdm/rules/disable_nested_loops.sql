-- What goes through whole tables joins them whole, whatever the planner takes their size for: they may have been filled a
-- minute ago.
SELECT set_config('enable_nestloop', 'off', true)
