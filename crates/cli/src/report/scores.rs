//! The students' scores before and after, with 95 % intervals.

use caco_pipeline::{BenchmarkScore, Score, StudentScore};

use super::{Roles, table};
use crate::numbers::{grouped, percent};
use crate::paint::Paint;

/// How far the loop's student is ahead of the seeds' on one benchmark.
pub struct Gain {
    /// The benchmark.
    pub benchmark: String,
    /// The student of the seeds.
    pub seeds: String,
    /// The student of the loop's data.
    pub looped: String,
    /// Problems solved and asked by the former.
    pub of_seeds: (u64, u64),
    /// Problems solved and asked by the latter.
    pub of_looped: (u64, u64),
    /// The difference of the means in percentage points.
    pub points: f64,
    /// Whether the two 95 % intervals overlap.
    pub overlap: bool,
}

/// The gain on each benchmark that both students took.
pub fn gains(scores: &[BenchmarkScore], roles: &Roles) -> Vec<Gain> {
    let (Some(seeds), Some(looped)) = (&roles.seeds, &roles.looped) else {
        return Vec::new();
    };
    let of = |benchmark: &BenchmarkScore, name: &str| -> Option<Score> {
        benchmark
            .students
            .iter()
            .find(|student| student.student == name)
            .map(|student| student.overall)
    };
    scores
        .iter()
        .filter_map(|benchmark| {
            let (a, b) = (of(benchmark, seeds)?, of(benchmark, looped)?);
            Some(Gain {
                benchmark: benchmark.benchmark.clone(),
                seeds: seeds.clone(),
                looped: looped.clone(),
                of_seeds: (a.correct, a.total),
                of_looped: (b.correct, b.total),
                points: 100.0 * (b.mean - a.mean),
                overlap: a.low <= b.high && b.low <= a.high,
            })
        })
        .collect()
}

/// The scores as a table, and the gain of the loop in words.
pub fn text(scores: &[BenchmarkScore], roles: &Roles, paint: Paint) -> String {
    let rows: Vec<Vec<String>> = scores
        .iter()
        .flat_map(|benchmark| {
            benchmark
                .students
                .iter()
                .map(|student| row(&benchmark.benchmark, student))
        })
        .collect();
    let header = [
        "benchmark",
        "student",
        "rows",
        "solved",
        "score",
        "95 % interval",
    ];
    let mut out = String::new();
    for (index, line) in table::layout(&header, &rows, &[1]).iter().enumerate() {
        out.push_str(&if index == 0 {
            paint.strong(line)
        } else {
            line.clone()
        });
        out.push('\n');
    }
    for gain in gains(scores, roles) {
        let words = if gain.overlap {
            "the 95 % intervals overlap"
        } else {
            "the 95 % intervals do not overlap"
        };
        out.push_str(&format!(
            "{}: {} is {:+.1} points from {}; {words}\n",
            gain.benchmark, gain.looped, gain.points, gain.seeds
        ));
    }
    out
}

fn row(benchmark: &str, student: &StudentScore) -> Vec<String> {
    let score = student.overall;
    let name = match student.by_seed.len() {
        0 | 1 => student.student.clone(),
        seeds => format!("{} ({seeds} seeds)", student.student),
    };
    vec![
        benchmark.to_owned(),
        name,
        grouped(student.rows),
        format!("{}/{}", grouped(score.correct), grouped(score.total)),
        if score.total == 0 {
            percent(0, 0)
        } else {
            format!("{:.1} %", 100.0 * score.mean)
        },
        format!("{:.1} - {:.1} %", 100.0 * score.low, 100.0 * score.high),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn student(name: &str, rows: u64, correct: u64, low: f64, high: f64) -> StudentScore {
        let overall = Score {
            correct,
            total: 200,
            mean: correct as f64 / 200.0,
            low,
            high,
        };
        StudentScore {
            student: name.into(),
            rows,
            by_seed: vec![overall],
            overall,
            metrics: None,
        }
    }

    #[test]
    fn scores_and_gain() {
        let scores = [BenchmarkScore {
            benchmark: "held_out".into(),
            task: None,
            samples: 1,
            students: vec![
                student("before", 0, 20, 0.066, 0.149),
                student("seeds", 40, 60, 0.241, 0.367),
                student("loop", 140, 90, 0.383, 0.519),
            ],
        }];
        let roles = Roles {
            seeds: Some("seeds".into()),
            looped: Some("loop".into()),
        };
        insta::assert_snapshot!(text(&scores, &roles, Paint::off()), @r"
        benchmark  student  rows  solved   score  95 % interval
        held_out   before      0  20/200  10.0 %   6.6 - 14.9 %
        held_out   seeds      40  60/200  30.0 %  24.1 - 36.7 %
        held_out   loop      140  90/200  45.0 %  38.3 - 51.9 %
        held_out: loop is +15.0 points from seeds; the 95 % intervals do not overlap
        ");
        assert!(gains(&scores, &Roles::default()).is_empty());
    }
}
