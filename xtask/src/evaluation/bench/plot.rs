//! A plain picture of curves over two logarithmic axes, as SVG written by hand. Its colours are neutral
//! enough for a light and a dark page. It must never measure.

use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 96.0;
const COLOURS: &[&str] = &["#3d85c6", "#d9772b", "#4a9e62", "#9a6fc0", "#c05a6e"];
const INK: &str = "#7d7d7d";

/// One curve.
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

/// The picture's words.
pub(super) struct Labels<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
}

/// Where values stand: decades in the picture's own units.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// From the tick below the least value to the tick above the greatest.
    fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (least, most) = values
            .filter(|value| *value > 0.0)
            .fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)));
        if least > most {
            return Self { low: 1.0, high: 10.0, from, to };
        }
        let low = ticks().filter(|tick| *tick <= least * 1.001).last().unwrap_or(least);
        let high = ticks().find(|tick| *tick >= most * 0.999 && *tick > low).unwrap_or(most);
        Self { low, high, from, to }
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value.max(self.low) / self.low).log10() / (self.high / self.low).log10();
        self.from + share * (self.to - self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (low, high) = (self.low, self.high);
        ticks().filter(move |tick| *tick >= low * 0.999 && *tick <= high * 1.001)
    }
}

/// 1, 2 and 5 of every decade.
fn ticks() -> impl Iterator<Item = f64> {
    (-3..9).flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(decade)))
}

/// The picture.
pub(super) fn log_log(labels: &Labels<'_>, series: &[Series]) -> String {
    let all = || series.iter().flat_map(|series| series.points.iter());
    let x = Axis::over(all().map(|point| point.0), LEFT, WIDTH - RIGHT);
    let y = Axis::over(all().map(|point| point.1), HEIGHT - BOTTOM, TOP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"{INK}\">\n\
         <title>{}</title>\n",
        escaped(labels.title)
    );
    text(&mut svg, (LEFT, 24.0), "start", labels.title);
    for tick in x.ticks() {
        line(&mut svg, (x.at(tick), TOP), (x.at(tick), HEIGHT - BOTTOM));
        text(&mut svg, (x.at(tick), HEIGHT - BOTTOM + 18.0), "middle", &told(tick));
    }
    for tick in y.ticks() {
        line(&mut svg, (LEFT, y.at(tick)), (WIDTH - RIGHT, y.at(tick)));
        text(&mut svg, (LEFT - 8.0, y.at(tick) + 4.0), "end", &told(tick));
    }
    let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
    text(&mut svg, (middle, HEIGHT - BOTTOM + 40.0), "middle", labels.x);
    let _ = writeln!(
        svg,
        "<text text-anchor=\"middle\" transform=\"translate(18 {:.0}) rotate(-90)\">{}</text>",
        f64::midpoint(TOP, HEIGHT - BOTTOM),
        escaped(labels.y)
    );
    let step = (WIDTH - LEFT - RIGHT) / series.len().max(1) as f64;
    for (at, (series, colour)) in series.iter().zip(COLOURS.iter().cycle()).enumerate() {
        curve(&mut svg, &x, &y, series, colour);
        let (left, low) = (LEFT + at as f64 * step, HEIGHT - 18.0);
        let _ =
            writeln!(svg, "<circle cx=\"{left:.1}\" cy=\"{low:.1}\" r=\"5\" fill=\"{colour}\"/>");
        text(&mut svg, (left + 11.0, low + 4.0), "start", series.name);
    }
    svg + "</svg>\n"
}

fn curve(svg: &mut String, x: &Axis, y: &Axis, series: &Series, colour: &str) {
    let places: Vec<(f64, f64)> =
        series.points.iter().map(|point| (x.at(point.0), y.at(point.1))).collect();
    let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        path.join(" ")
    );
    for ((x, y), (size, value)) in places.iter().zip(&series.points) {
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\">\
             <title>{}: {value:.2} at {}</title></circle>",
            escaped(series.name),
            told(*size)
        );
    }
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{INK}\" \
         stroke-opacity=\"0.25\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(svg: &mut String, at: (f64, f64), anchor: &str, words: &str) {
    let words = escaped(words);
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{words}</text>",
        at.0, at.1
    );
}

/// A number as people read it: `200k`, `0.5`.
fn told(number: f64) -> String {
    match number {
        n if n >= 1e6 => format!("{}M", n / 1e6),
        n if n >= 1e3 => format!("{}k", n / 1e3),
        n if n >= 1.0 => format!("{n:.0}"),
        n => format!("{}", (n * 1e3).round() / 1e3),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ratios_are_equal_distances() {
        let axis = Axis::over([10.0, 1_000.0].into_iter(), 0.0, 100.0);
        assert!((axis.at(100.0) - 50.0).abs() < 1e-9);
        assert_eq!(axis.ticks().count(), 7);
    }

    #[test]
    fn every_curve_is_drawn_and_named() {
        let curve = |name| Series { name, points: vec![(1e4, 0.5), (1e5, 3.0), (1e6, 31.0)] };
        let labels = Labels { title: "a < b", x: "documents", y: "ms" };
        let svg = log_log(&labels, &[curve("one"), curve("two")]);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert_eq!(svg.matches("r=\"3.5\"").count(), 6);
        assert!(svg.contains("a &lt; b") && svg.contains(">1M<") && svg.contains(">0.5<"));
    }
}
