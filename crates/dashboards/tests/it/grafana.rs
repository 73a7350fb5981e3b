//! Every query of the operators' dashboard is PromQL.

use promql_parser::parser;

#[test]
fn every_query_is_promql() {
    let metrics = dashboards::metrics().unwrap();
    let mut seen = 0;
    for query in metrics.queries() {
        let plain = query.replace("$__rate_interval", "1m").replace("$service", ".*");
        assert!(!plain.contains('$'), "Grafana has no such variable: {query}");
        assert!(parser::parse(&plain).is_ok(), "{query}: {:?}", parser::parse(&plain));
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}
