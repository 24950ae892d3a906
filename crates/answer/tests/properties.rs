//! Properties over generated expressions that are printed in both worlds.

use caco_answer::{Outcome, Policy, compare, parse};
use proptest::prelude::*;

/// An expression that can be printed as LaTeX and as sympy text.
#[derive(Debug, Clone)]
enum Tree {
    Integer(i32),
    Ratio(i32, i32),
    Name(char),
    Pi,
    Sum(Box<Tree>, Box<Tree>),
    Difference(Box<Tree>, Box<Tree>),
    Product(Box<Tree>, Box<Tree>),
    Quotient(Box<Tree>, i32),
    Power(Box<Tree>, u32),
    Root(u32),
    Function(&'static str, Box<Tree>),
}

impl Tree {
    fn latex(&self) -> String {
        match self {
            Self::Integer(n) if *n < 0 => format!("\\left({n}\\right)"),
            Self::Integer(n) => n.to_string(),
            Self::Ratio(n, d) => format!("\\frac{{{n}}}{{{d}}}"),
            Self::Name(c) => c.to_string(),
            Self::Pi => "\\pi".into(),
            Self::Sum(a, b) => format!("\\left({} + {}\\right)", a.latex(), b.latex()),
            Self::Difference(a, b) => format!("\\left({} - {}\\right)", a.latex(), b.latex()),
            Self::Product(a, b) => format!("{} \\cdot {}", a.latex(), b.latex()),
            Self::Quotient(a, d) => format!("\\frac{{{}}}{{{d}}}", a.latex()),
            Self::Power(a, n) => format!("\\left({}\\right)^{{{n}}}", a.latex()),
            Self::Root(n) => format!("\\sqrt{{{n}}}"),
            Self::Function(name, a) => format!("\\{name}\\left({}\\right)", a.latex()),
        }
    }

    fn code(&self) -> String {
        match self {
            Self::Integer(n) if *n < 0 => format!("({n})"),
            Self::Integer(n) => n.to_string(),
            Self::Ratio(n, d) => format!("({n}/{d})"),
            Self::Name(c) => c.to_string(),
            Self::Pi => "pi".into(),
            Self::Sum(a, b) => format!("({} + {})", a.code(), b.code()),
            Self::Difference(a, b) => format!("({} - {})", a.code(), b.code()),
            Self::Product(a, b) => format!("{}*{}", a.code(), b.code()),
            Self::Quotient(a, d) => format!("({})/{d}", a.code()),
            Self::Power(a, n) => format!("({})**{n}", a.code()),
            Self::Root(n) => format!("sqrt({n})"),
            Self::Function(name, a) => format!("{name}({})", a.code()),
        }
    }

    /// The value with x = 1.37, y = 0.61 and z = 2.2.
    fn value(&self) -> f64 {
        match self {
            Self::Integer(n) => f64::from(*n),
            Self::Ratio(n, d) => f64::from(*n) / f64::from(*d),
            Self::Name('x') => 1.37,
            Self::Name('y') => 0.61,
            Self::Name(_) => 2.2,
            Self::Pi => std::f64::consts::PI,
            Self::Sum(a, b) => a.value() + b.value(),
            Self::Difference(a, b) => a.value() - b.value(),
            Self::Product(a, b) => a.value() * b.value(),
            Self::Quotient(a, d) => a.value() / f64::from(*d),
            Self::Power(a, n) => a.value().powi(*n as i32),
            Self::Root(n) => f64::from(*n).sqrt(),
            // What is 0 but for the noise of doubles is 0.
            Self::Function(name, a) => match *name {
                "sin" | "cos" => {
                    let value = if *name == "sin" {
                        a.value().sin()
                    } else {
                        a.value().cos()
                    };
                    if value.abs() < 1e-9 { 0.0 } else { value }
                }
                _ => a.value().exp(),
            },
        }
    }
}

fn leaf() -> impl Strategy<Value = Tree> {
    prop_oneof![
        (-30i32..60).prop_map(Tree::Integer),
        (1i32..30, 2i32..20).prop_map(|(n, d)| Tree::Ratio(n, d)),
        prop_oneof![Just('x'), Just('y'), Just('z')].prop_map(Tree::Name),
        Just(Tree::Pi),
        (2u32..40).prop_map(Tree::Root),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    leaf().prop_recursive(4, 20, 2, |inner| {
        let two = (inner.clone(), inner.clone()).prop_map(|(a, b)| (Box::new(a), Box::new(b)));
        prop_oneof![
            two.clone().prop_map(|(a, b)| Tree::Sum(a, b)),
            two.clone().prop_map(|(a, b)| Tree::Difference(a, b)),
            two.prop_map(|(a, b)| Tree::Product(a, b)),
            (inner.clone(), 2i32..9).prop_map(|(a, d)| Tree::Quotient(Box::new(a), d)),
            (inner.clone(), 2u32..4).prop_map(|(a, n)| Tree::Power(Box::new(a), n)),
            (prop_oneof![Just("sin"), Just("cos"), Just("exp")], inner)
                .prop_map(|(f, a)| Tree::Function(f, Box::new(a))),
        ]
    })
}

/// Cases of each property; `PROPTEST_CASES` sets more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(600)
}

/// LaTeX with other spacing and dressing.
fn dressed(latex: &str, how: u8) -> String {
    let latex = match how % 4 {
        0 => latex.replace("\\left", "").replace("\\right", ""),
        1 => latex.replace("\\frac", "\\dfrac").replace(" + ", "+"),
        2 => latex
            .replace(" \\cdot ", "\\,\\times\\;")
            .replace("\\pi", "{\\pi}"),
        _ => latex
            .replace("\\left(", "\\bigl(")
            .replace("\\right)", "\\bigr)")
            .replace(" - ", " \\;-\\; "),
    };
    match how / 4 % 4 {
        0 => format!("$ {latex} $"),
        1 => format!("\\boxed{{{latex}}}"),
        2 => format!("\\displaystyle {latex} ."),
        _ => format!("\\({latex}\\)"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_worlds_say_the_same(tree in tree()) {
        let (latex, code) = (tree.latex(), tree.code());
        for policy in [Policy::strict(), Policy::benchmark()] {
            let verdict = compare(&latex, &code, &policy);
            prop_assert_eq!(verdict.outcome, Outcome::Equal, "{} | {}: {:?}", latex, code, verdict);
            prop_assert_eq!(compare(&code, &latex, &policy).outcome, Outcome::Equal);
        }
    }

    #[test]
    fn dressing_changes_nothing(tree in tree(), how in 0u8..16) {
        let latex = tree.latex();
        let other = dressed(&latex, how);
        let verdict = compare(&latex, &other, &Policy::strict());
        prop_assert_eq!(verdict.outcome, Outcome::Equal, "{} | {}: {:?}", latex, other, verdict);
    }

    #[test]
    fn different_values_are_never_equal(a in tree(), b in tree()) {
        let (x, y) = (a.value(), b.value());
        prop_assume!(x.is_finite() && y.is_finite() && (x - y).abs() > 1e-6 * x.abs().max(y.abs()).max(1e-6));
        // A name on one side only may stand for the value, a number never for another.
        let verdict = compare(&a.latex(), &b.code(), &Policy::benchmark());
        prop_assert_ne!(verdict.outcome, Outcome::Equal, "{} | {}: {:?}", a.latex(), b.code(), verdict);
    }

    #[test]
    fn a_changed_leaf_is_seen(tree in tree(), by in 1i32..50) {
        let changed = Tree::Sum(Box::new(tree.clone()), Box::new(Tree::Ratio(by, 1_000)));
        let verdict = compare(&tree.latex(), &changed.code(), &Policy::strict());
        prop_assert_ne!(verdict.outcome, Outcome::Equal, "{} | {}: {:?}", tree.latex(), changed.code(), verdict);
        prop_assert_eq!(compare(&changed.code(), &tree.latex(), &Policy::strict()).outcome, verdict.outcome);
    }

    #[test]
    fn what_is_printed_reads_as_the_same(tree in tree()) {
        let answer = parse(&tree.latex()).unwrap();
        let shown = answer.to_string();
        let verdict = compare(&tree.latex(), &shown, &Policy::strict());
        prop_assert_eq!(verdict.outcome, Outcome::Equal, "{} | {}: {:?}", tree.latex(), shown, verdict);
    }

    #[test]
    fn numbers_are_one_by_any_way(a in -1_000_000i64..1_000_000, b in 1i64..1_000, c in -1_000_000i64..1_000_000, d in 1i64..1_000) {
        let same = i128::from(a) * i128::from(d) == i128::from(c) * i128::from(b);
        let wanted = if same { Outcome::Equal } else { Outcome::Different };
        // The short way, and the long one through a tree.
        for (x, y) in [
            (format!("{a}/{b}"), format!("\\frac{{{c}}}{{{d}}}")),
            (format!("({a})/{b}"), format!("Rational({c}, {d})")),
            (format!("\\frac{{{a}}}{{{b}}}"), format!("\\frac{{{c}}}{{{d}}} \\cdot 1")),
        ] {
            prop_assert_eq!(compare(&x, &y, &Policy::benchmark()).outcome, wanted, "{} | {}", x, y);
        }
    }

    #[test]
    fn decimals_are_one_by_any_way(a in -100_000i64..100_000, places in 0usize..6, b in -100_000i64..100_000, other in 0usize..6) {
        let written = |n: i64, places: usize| {
            let digits = format!("{:0>width$}", n.abs(), width = places + 1);
            let (whole, fraction) = digits.split_at(digits.len() - places);
            format!("{}{whole}{}{fraction}", if n < 0 { "-" } else { "" }, if places > 0 { "." } else { "" })
        };
        let (x, y) = (written(a, places), written(b, other));
        let same = i128::from(a) * 10i128.pow(other as u32) == i128::from(b) * 10i128.pow(places as u32);
        let wanted = if same { Outcome::Equal } else { Outcome::Different };
        prop_assert_eq!(compare(&x, &y, &Policy::strict()).outcome, wanted, "{} | {}", x, y);
        let long = format!("({y})");
        prop_assert_eq!(compare(&x, &long, &Policy::strict()).outcome, wanted, "{} | {}", x, long);
    }

    #[test]
    fn any_text_is_judged_alike_from_both_sides(a in "\\PC{0,40}", b in "[-0-9a-zA-Z.,;:/%(){}\\[\\]\\\\ ^*$=<>|&!_'\"+]{0,40}") {
        for policy in [Policy::strict(), Policy::benchmark(), Policy::published()] {
            prop_assert_eq!(compare(&a, &b, &policy).outcome, compare(&b, &a, &policy).outcome);
            if !b.trim().is_empty() {
                prop_assert_eq!(compare(&b, &b, &policy).outcome, Outcome::Equal);
            }
            if let Ok(answer) = parse(&b) {
                let _ = answer.to_string();
            }
        }
    }
}
