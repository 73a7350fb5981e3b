-- Disables nested loops for the transaction. The statements that follow scan whole tables, and the planner may
-- underestimate the size of tables that were filled recently.
SELECT set_config('enable_nestloop', 'off', true)
