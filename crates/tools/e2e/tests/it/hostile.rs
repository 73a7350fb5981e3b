//! Tests with hostile input and hostile clients: what they send costs them, not the orders.

mod http;
mod records;
mod fuzz;
