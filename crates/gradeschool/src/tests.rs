use std::collections::BTreeSet;

use super::*;

fn sample(split: Split, n: u64) -> Vec<Record> {
    (0..n).map(|i| generate(split, 7, i, 60)).collect()
}

#[test]
fn there_are_at_least_sixty_families_and_all_occur() {
    assert!(families() >= 60, "{}", families());
    let seen: BTreeSet<String> = (0..4000)
        .map(|i| generate(Split::Base, 7, i, 150))
        .flat_map(|r| r.family.split('+').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(seen.len(), families());
}

#[test]
fn equal_arguments_give_equal_records() {
    assert_eq!(
        generate(Split::Seeds, 3, 99, 60),
        generate(Split::Seeds, 3, 99, 60)
    );
    assert_ne!(
        generate(Split::Seeds, 3, 99, 60),
        generate(Split::HeldOut, 3, 99, 60)
    );
}

#[test]
fn texts_are_complete() {
    for r in sample(Split::Base, 2000)
        .into_iter()
        .chain(sample(Split::Seeds, 2000))
    {
        for text in [&r.problem, &r.solution] {
            assert!(!text.contains(['{', '}']), "{text}\n{}", r.program);
            assert!(
                text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()),
                "{text}"
            );
        }
        assert!(
            r.solution
                .ends_with(&format!("The answer is {}.", r.answer))
        );
        let steps = r
            .program
            .lines()
            .filter(|l| l.starts_with("    ") && l.contains(" = "))
            .count();
        assert_eq!(steps, r.steps, "{}", r.program);
    }
}

#[test]
fn base_sees_no_four_step_program_and_seeds_no_one_step_program() {
    assert!(sample(Split::Base, 1000).iter().all(|r| r.steps <= 3));
    assert!(sample(Split::Seeds, 1000).iter().all(|r| r.steps >= 2));
}

#[test]
fn no_composition_of_the_seeds_is_one_of_the_base() {
    let compositions =
        |split| -> BTreeSet<String> { sample(split, 3000).into_iter().map(|r| r.family).collect() };
    let (base, long) = (compositions(Split::Base), compositions(Split::BaseLong));
    for other in [compositions(Split::Seeds), compositions(Split::HeldOut)] {
        assert!(base.is_disjoint(&other) && long.is_disjoint(&other));
    }
}

#[test]
fn no_quantity_exceeds_the_bound() {
    let numbers = |text: &str| -> Vec<i64> {
        text.split(|c: char| !c.is_ascii_digit())
            .filter_map(|t| t.parse().ok())
            .collect()
    };
    for r in sample(Split::Seeds, 1000) {
        assert!(
            numbers(&r.solution).into_iter().all(|n| n <= 60),
            "{}",
            r.solution
        );
    }
    for i in 0..1000 {
        let (shown, found) = drill(5, i, 60);
        assert!(
            numbers(&shown)
                .into_iter()
                .chain(numbers(&found))
                .all(|n| n <= 60),
            "{shown}{found}"
        );
    }
}

#[test]
fn drills_are_right() {
    for i in 0..2000 {
        let (shown, found) = drill(1, i, 60);
        let words: Vec<&str> = shown.split_whitespace().collect();
        let (a, b): (i64, i64) = (words[0].parse().unwrap(), words[2].parse().unwrap());
        let right = match (words[1], words[3]) {
            ("+", _) => a + b,
            ("-", _) => a - b,
            ("*", _) => a * b,
            ("/", "gives") => a / b,
            _ => a % b,
        };
        assert_eq!(right.to_string(), found, "{shown}");
    }
}
