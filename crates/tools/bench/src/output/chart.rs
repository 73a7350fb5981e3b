//! The chart of a run: progress of a drain by layer, and latency of live orders, over time.

mod curves;

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::output::report::Report;

const SIZE: (u32, u32) = (960, 380);
const BACKGROUND: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(40, 44, 52);
const GRID: RGBColor = RGBColor(226, 229, 234);

/// Colours that are distinct for colour-blind readers, too.
const COLOURS: [RGBColor; 3] = [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115)];

/// A line over time and its name.
struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

/// One diagram.
struct Panel {
    title: String,
    unit: &'static str,
    curves: Vec<Curve>,
}

/// Draws the measurements. Draws nothing if there are none.
pub(crate) fn draw(report: &Report, file: &Path) -> Result<()> {
    let mut panels = Vec::new();
    if let Some((course, orders)) = &report.course {
        let named = ["stg", "dds", "cdm"].into_iter().zip(curves::rates(course, *orders));
        let curves = named.map(|(name, points)| Curve { name: name.to_owned(), points }).collect();
        let title = format!("Drain of {orders} orders: rate of each layer");
        panels.push(Panel { title, unit: "orders/s", curves });
    }
    if !report.latencies.is_empty() {
        let curve = |(name, share): (&str, f64)| Curve {
            name: name.to_owned(),
            points: curves::quantiles(&report.latencies, share),
        };
        let curves = [("median", 0.5), ("slowest", 1.0)].map(curve).into();
        let title = "Live: from produced to visible in the mart, second by second".to_owned();
        panels.push(Panel { title, unit: "ms", curves });
    }
    if panels.is_empty() {
        return Ok(());
    }
    let (width, height) = SIZE;
    let area = SVGBackend::new(file, (width, height * u32::try_from(panels.len())?)).into_drawing_area();
    area.fill(&BACKGROUND)?;
    for (part, panel) in area.split_evenly((panels.len(), 1)).iter().zip(&panels) {
        plot(part, panel).map_err(|error| anyhow!("the chart: {error}"))?;
    }
    area.present()?;
    Ok(())
}

fn plot(area: &DrawingArea<SVGBackend<'_>, Shift>, panel: &Panel) -> Result<(), Box<dyn std::error::Error>> {
    let points = || panel.curves.iter().flat_map(|curve| &curve.points);
    let longest = points().map(|(at, _)| *at).fold(0.1, f64::max);
    let highest = points().map(|(_, value)| *value).fold(0.1, f64::max);
    let text = |size: i32| ("sans-serif", size).into_font().color(&INK);
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, text(20))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..longest, 0.0..highest * 1.1)?;
    chart
        .configure_mesh()
        .x_desc("seconds")
        .y_desc(panel.unit)
        .axis_style(INK)
        .bold_line_style(GRID)
        .light_line_style(BACKGROUND)
        .label_style(text(14))
        .axis_desc_style(text(15))
        .x_label_formatter(&|seconds| format!("{seconds:.*}", usize::from(longest < 5.0)))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .draw()?;
    for (curve, colour) in panel.curves.iter().zip(COLOURS) {
        let line = LineSeries::new(curve.points.iter().copied(), colour.stroke_width(2));
        let sample = move |(x, y)| PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(2));
        chart.draw_series(line)?.label(&curve.name).legend(sample);
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(BACKGROUND.mix(0.85))
        .border_style(GRID)
        .label_font(text(14))
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use workload::watch::StageProgress;

    #[test]
    fn a_chart_has_a_panel_for_each_measurement() {
        let reading = |processed| StageProgress { processed, total: 100 };
        let course = [0, 40, 100].map(|processed| (processed as f64 / 50.0, vec![reading(processed); 3]));
        let mut report = Report { course: Some((course.into(), 100)), ..Report::default() };
        let folder = std::env::temp_dir().join(format!("bench-picture-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("picture.svg");
        draw(&report, &file).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("orders/s") && text.contains("cdm") && !text.contains("slowest"));
        report.latencies = vec![(0.0, 5.0), (1.5, 7.0)];
        draw(&report, &file).unwrap();
        assert!(std::fs::read_to_string(&file).unwrap().contains("slowest"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
