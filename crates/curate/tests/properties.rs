//! What holds of every data set: order, workers, rounds and thresholds do not matter, or matter in one direction only.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail it by panicking")]

use std::collections::BTreeSet;

use caco_curate::{
    Benchmarks, Candidate, Caps, Curator, Decision, Evidence, NearRule, Reason, Rules, Sketcher,
    Tokens, curate,
};
use proptest::prelude::*;

/// Rows as texts: id, problem, program, structure, seed.
type Row = [String; 5];

/// Family, edits, length, program, seed.
type Drawn = (u8, Vec<(usize, u8)>, usize, u8, u8);

/// Problems of 14 to 24 words, of which those of a family differ in a few: many pairs on either side of a threshold.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        0u8..4,
        prop::collection::vec((0usize..24, 0u8..3), 0..5),
        14usize..25,
        0u8..6,
        0u8..4,
    );
    prop::collection::vec(row, 1..40).prop_map(|rows| {
        let text = |(at, row): (usize, Drawn)| {
            let (family, edits, length, program, seed) = row;
            let mut words: Vec<String> = (0..24).map(|word| format!("f{family}w{word}")).collect();
            for (place, new) in edits {
                words[place] = format!("other{new}");
            }
            words.truncate(length);
            let form = format!(
                "(= $0 (+ $1 {program})) (= $2 (* $0 $1)) (do (call print $2)) (end {})",
                program / 2
            );
            [
                format!("{at:03}"),
                words.join(" "),
                form,
                format!("s{}", program % 3),
                format!("d{seed}"),
            ]
        };
        rows.into_iter().enumerate().map(text).collect()
    })
}

fn candidates(rows: &[Row]) -> Vec<Candidate<'_>> {
    rows.iter()
        .map(|[id, problem, form, structure, seed]| Candidate {
            row_id: id,
            problem: Some(problem),
            normal_form: Some(form),
            structure: Some(structure),
            seed_id: Some(seed),
        })
        .collect()
}

fn problems_alone<'a>(rows: &'a [Row]) -> Vec<Candidate<'a>> {
    candidates(rows)
        .into_iter()
        .map(|row| Candidate {
            normal_form: None,
            structure: None,
            seed_id: None,
            ..row
        })
        .collect()
}

fn curator() -> Curator {
    let mut benchmarks = Benchmarks::with_rules(Rules::default());
    let words: Vec<String> = (0..24).map(|word| format!("f3w{word}")).collect();
    benchmarks.add("planted", "family-3", &words.join(" "));
    let caps = Caps {
        per_structure: 6,
        per_seed: 7,
    };
    Curator::new(caps, Some(benchmarks))
        .with_near(Some(NearRule::PROBLEMS), Some(NearRule::PROGRAMS))
}

fn at(threshold: f64) -> Curator {
    Curator::new(Caps::default(), None).with_near(Some(NearRule::new(threshold, 3).unwrap()), None)
}

proptest! {
    #[test]
    fn order_does_not_matter(texts in rows(), turn in 0usize..40, back in any::<bool>()) {
        let rows = candidates(&texts);
        let plain = curate(&mut curator(), &rows);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.rotate_left(turn % rows.len());
        if back {
            order.reverse();
        }
        let other = curate(&mut curator(), &order.iter().map(|&at| rows[at]).collect::<Vec<_>>());
        for (&at, decision) in order.iter().zip(other) {
            prop_assert_eq!(&plain[at], &decision);
        }
    }

    #[test]
    fn workers_and_shards_do_not_matter(texts in rows(), size in 1usize..9) {
        let rows = candidates(&texts);
        let plain = curate(&mut curator(), &rows);
        let mut sharded = curator();
        let preparer = sharded.preparer();
        // A thread for each shard; what they prepare is judged in order.
        let prepared = std::thread::scope(|scope| {
            let workers: Vec<_> = rows.chunks(size).map(|shard| { let preparer = preparer.clone(); scope.spawn(move || preparer.prepare_all(shard)) }).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
        });
        let decisions: Vec<Decision> = rows.iter().zip(&prepared).map(|(row, prepared)| sharded.judge_prepared(row.row_id, prepared)).collect();
        prop_assert_eq!(plain, decisions);
    }

    #[test]
    fn rounds_are_as_good_as_all_at_once(texts in rows(), cut in 0usize..40) {
        let rows = candidates(&texts);
        let all = curate(&mut curator(), &rows);
        let (first, second) = rows.split_at(cut % rows.len());
        let mut one = curator();
        let mut decisions = curate(&mut one, first);
        // A new run knows only what the first kept.
        let mut two = curator();
        first.iter().zip(&decisions).filter(|(_, decision)| decision.is_kept()).for_each(|(row, _)| two.remember(row));
        decisions.extend(curate(&mut two, second));
        prop_assert_eq!(all, decisions);
    }

    /// The evidence is true, and no kept rows are alike: against every pair of sets of shingles.
    #[test]
    fn nothing_alike_is_kept_and_nothing_else_goes(texts in rows(), threshold in prop::sample::select(vec![0.5, 0.6, 0.7, 0.8, 0.9, 1.0])) {
        let rows = problems_alone(&texts);
        let decisions = curate(&mut at(threshold), &rows);
        let set = |row: &Candidate<'_>| -> BTreeSet<Vec<String>> {
            let words: Vec<String> = row.problem.unwrap().split(' ').map(str::to_owned).collect();
            words.windows(3).map(<[String]>::to_vec).collect()
        };
        let alike = |one: &Candidate<'_>, two: &Candidate<'_>| {
            let (one, two) = (set(one), set(two));
            one.intersection(&two).count() as f64 / one.union(&two).count() as f64
        };
        let mut kept: Vec<&Candidate<'_>> = Vec::new();
        for (row, decision) in rows.iter().zip(&decisions) {
            let most = kept.iter().map(|other| alike(row, other)).fold(0.0, f64::max);
            match decision {
                // A pair that shares no band is missed once in fifty at the threshold, and hardly ever above it.
                Decision::Kept => {
                    prop_assert!(most < threshold + 0.15 || most < threshold - 1e-9, "{} is kept at {most}", row.row_id);
                    kept.push(row);
                }
                Decision::Rejected { reason, evidence: Evidence::Resembles { row_id, similarity, .. } } => {
                    prop_assert_eq!(*reason, Reason::NearDuplicateProblem);
                    let first = kept.iter().find(|kept| kept.row_id == row_id).unwrap();
                    prop_assert!((alike(row, first) - similarity).abs() < 1e-9 && *similarity >= threshold - 1e-9);
                }
                Decision::Rejected { reason, evidence: Evidence::Repeats { row_id, .. } } => {
                    prop_assert_eq!(*reason, Reason::DuplicateProblem);
                    prop_assert_eq!(kept.iter().find(|kept| kept.row_id == row_id).unwrap().problem, row.problem);
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }

    /// Of two rows: what goes at a threshold goes at every lower one.
    #[test]
    fn lower_thresholds_find_more(texts in rows()) {
        let rows = problems_alone(&texts);
        for two in rows.windows(2) {
            let gone: Vec<bool> = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5].iter().map(|&threshold| !curate(&mut at(threshold), two)[1].is_kept()).collect();
            let similarity = { let sketcher = Sketcher::new(Tokens::Problem, NearRule::PROBLEMS); sketcher.sketch(two[0].problem.unwrap()).unwrap().similarity(&sketcher.sketch(two[1].problem.unwrap()).unwrap()) };
            for (gone, threshold) in gone.iter().zip([1.0, 0.9, 0.8, 0.7, 0.6, 0.5]) {
                prop_assert!(!gone || similarity >= threshold - 1e-9 || two[0].problem == two[1].problem);
            }
            // Once it goes it stays gone, but for the few that share no band right at a threshold.
            let first = gone.iter().position(|gone| *gone).unwrap_or(gone.len());
            let sure = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5].iter().skip(first).zip(gone.iter().skip(first)).filter(|(threshold, _)| similarity >= **threshold + 0.1);
            for (threshold, gone) in sure {
                prop_assert!(*gone, "similarity {similarity} goes at a higher threshold than {threshold}");
            }
        }
    }
}

#[test]
fn a_chain_is_not_merged_into_one() {
    let words: Vec<String> = (0..40).map(|word| format!("w{word}")).collect();
    // Each is like the next; the ends are not.
    let link = |from: usize| words[from..from + 25].join(" ");
    let texts: Vec<(String, String)> = (0..8).map(|at| (format!("{at}"), link(2 * at))).collect();
    let rows: Vec<Candidate<'_>> = texts
        .iter()
        .map(|(id, text)| Candidate {
            row_id: id,
            problem: Some(text),
            ..Candidate::default()
        })
        .collect();
    let decisions = curate(&mut at(0.8), &rows);
    let kept: Vec<bool> = decisions.iter().map(Decision::is_kept).collect();
    assert_eq!(kept, [true, false, true, false, true, false, true, false]);
}
