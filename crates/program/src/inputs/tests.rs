use super::*;

fn inputs(source: &str) -> Inputs {
    Inputs::of(source, 7, "row").unwrap()
}

fn program(input: &str, body: &str) -> String {
    format!("input = {input}\n{body}\noutput = 0\nprint(output)\n")
}

/// Every variant of every kind, for a few draws.
fn all(inputs: &Inputs) -> Vec<Choice> {
    let base = inputs.original();
    let mut found = Vec::new();
    for index in 0..40 {
        for reach in [Reach::Near, Reach::Far] {
            found.extend(inputs.joint(&base, reach, index));
            for at in 0..inputs.keys().len() {
                found.extend(inputs.single(&base, at, reach, index));
            }
        }
    }
    found
}

#[test]
fn variants_are_the_same_for_a_seed_and_others_for_another() {
    let source = program("{'a': 40, 'b': [3, 1, 2.5], 'c': 'Tom'}", "");
    let typed = |seed, row: &str| Inputs::of(&source, seed, row).unwrap().nearby(5);
    assert_eq!(typed(1, "r"), typed(1, "r"));
    assert_ne!(typed(1, "r"), typed(2, "r"));
    assert_ne!(typed(1, "r"), typed(1, "s"));
    assert_eq!(typed(1, "r").len(), 5);
}

#[test]
fn a_single_change_leaves_the_other_keys_alone() {
    let inputs = inputs(&program("{'a': 40, 'b': 0.5, 'c': True}", ""));
    let base = inputs.original();
    for at in 0..3 {
        let new = inputs.single(&base, at, Reach::Near, 3).unwrap();
        let changed: Vec<usize> = (0..3)
            .filter(|&i| new.values[i] != base.values[i])
            .collect();
        assert_eq!(changed, [at]);
    }
}

#[test]
fn domains_are_kept() {
    let source = program(
        "{'apples': 12, 'percent': 30, 'month': 11, 'share': 0.25, 'sizes': [1, 4, 9, 20], 'order': [2, 0, 1, 3], 'day': '2024-02-28', 'matrix': [[1, 2], [3, 4], [5, 6]], 'parts': [0.2, 0.3, 0.5]}",
        "",
    );
    let inputs = inputs(&source);
    let found = all(&inputs);
    assert!(found.len() > 500);
    for choice in found {
        let number = |at: usize| choice.values[at].number().unwrap();
        assert!(number(0) >= 1.0 && number(0).fract() == 0.0);
        assert!((1.0..=100.0).contains(&number(1)));
        assert!((1.0..=12.0).contains(&number(2)));
        assert!(number(3) > 0.0 && number(3) < 1.0);
        let sizes: Vec<f64> = choice.values[4]
            .items()
            .unwrap()
            .iter()
            .filter_map(Value::number)
            .collect();
        assert!(sizes.is_sorted(), "{sizes:?}");
        let mut order: Vec<i64> = choice.values[5]
            .items()
            .unwrap()
            .iter()
            .map(|v| v.number().unwrap() as i64)
            .collect();
        order.sort_unstable();
        assert!(
            order.iter().enumerate().all(|(at, v)| at as i64 == *v),
            "{order:?}"
        );
        let Value::Text(day) = &choice.values[6] else {
            panic!()
        };
        assert!(day.len() == 10 && day.split('-').count() == 3, "{day}");
        assert!(
            choice.values[7]
                .items()
                .unwrap()
                .iter()
                .all(|row| row.length() == Some(2))
        );
        let sum: f64 = choice.values[8]
            .items()
            .unwrap()
            .iter()
            .filter_map(Value::number)
            .sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    }
}

#[test]
fn the_programs_own_checks_are_kept() {
    let source = program(
        "{'n': 12, 'low': 3, 'high': 9, 'items': [4, 5, 6], 'index': 1, 'op': 'add'}",
        "def f(n, low, high, items, index, op):\n    assert n % 3 == 0, 'no'\n    if low > high or n > 40:\n        raise ValueError('no')\n    total = sum(items)\n    if total % 5 != 0:\n        return None\n    if op == 'add':\n        return items[index] + n\n    elif op == 'sub':\n        return 1\nf(**input)",
    );
    let inputs = inputs(&source);
    for choice in all(&inputs) {
        if !choice.lawful {
            continue;
        }
        let number = |at: usize| choice.values[at].number().unwrap() as i64;
        assert!(number(0) % 3 == 0 && number(0) <= 40 && number(1) <= number(2));
        let items = choice.values[3].items().unwrap();
        assert_eq!(
            items
                .iter()
                .map(|v| v.number().unwrap() as i64)
                .sum::<i64>()
                % 5,
            0
        );
        assert!((0..3).contains(&number(4)));
        assert!(["'add'", "'sub'"].contains(&choice.values[5].python().replace('"', "'").as_str()));
    }
    assert!(all(&inputs).iter().filter(|choice| choice.lawful).count() > 300);
}

#[test]
fn lists_of_one_length_stay_so_and_their_count_follows() {
    let inputs = inputs(&program(
        "{'prices': [5, 7, 9], 'amounts': [1, 2, 3], 'n': 3}",
        "",
    ));
    let base = inputs.original();
    let mut lengths = std::collections::BTreeSet::new();
    for index in 0..60 {
        let choice = inputs.joint(&base, Reach::Near, index).unwrap();
        let length = |at: usize| choice.values[at].length().unwrap();
        assert_eq!(length(0), length(1));
        assert!(choice.values[2].number().unwrap() as usize <= length(0));
        lengths.insert(length(0));
    }
    assert!(lengths.len() > 1);
}

#[test]
fn far_variants_make_the_program_go_another_way() {
    let source = program(
        "{'amount': 40, 'fee': 2}",
        "def f(amount, fee):\n    if amount > 100000:\n        return amount - fee\n    return amount\nf(**input)",
    );
    let inputs = inputs(&source);
    let spread = inputs.spread(&inputs.original(), 0, 8, 0);
    assert!(
        spread
            .iter()
            .any(|c| c.values[0].number().unwrap() > 100_000.0)
    );
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            (-2000i64..2000).prop_map(Value::from),
            (-1e6f64..1e6).prop_map(|v| Value::Float((v * 100.0).round() / 100.0)),
            "[a-zA-Z0-9 ,.\n\"']{0,12}".prop_map(Value::Text),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
                prop::collection::vec(inner, 1..4).prop_map(Value::Tuple),
            ]
        })
    }

    fn kind(value: &Value) -> std::mem::Discriminant<Value> {
        std::mem::discriminant(value)
    }

    proptest! {
        #[test]
        fn variants_keep_the_types_and_come_back_from_the_programs_that_hold_them(
            a in values(), b in values(), seed in any::<u64>()
        ) {
            let source = format!("# before\ninput = {{'a': {}, 'b': ({})}}  # after\noutput = input['a']\n", a.python(), b.python());
            let inputs = Inputs::of(&source, seed, "row").unwrap();
            let base = inputs.original();
            for choice in [inputs.joint(&base, Reach::Near, 0), inputs.joint(&base, Reach::Far, 0), inputs.joint(&base, Reach::Larger(1), 0)].into_iter().flatten() {
                prop_assert_eq!(kind(&choice.values[0]), kind(&a));
                let program = inputs.program(&choice).unwrap();
                prop_assert!(program.starts_with("# before\n") && program.ends_with("# after\noutput = input['a']\n"));
                let again = Inputs::of(&program, seed, "row").unwrap();
                prop_assert_eq!(&again.original().values, &choice.values);
                prop_assert_eq!(inputs.slot().write_typed(&inputs.typed(&choice)).unwrap(), program);
            }
        }
    }
}
