use super::*;

const LONG: &str =
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";

fn index() -> Benchmarks {
    let mut index = Benchmarks::new(Benchmarks::DEFAULT_WORDS);
    index.add("b", "long", LONG);
    index.add("b", "short", "What is 2 + 2?");
    index
}

#[test]
fn runs_and_wholes_are_found_with_their_item() {
    let index = index();
    let found = index.find("Zero, TWO three four five six seven eight nine ten eleven twelve thirteen fourteen; fifteen").unwrap();
    assert_eq!((found.item.as_str(), found.how), ("long", Match::Ngram));
    assert!(found.shared.starts_with("two three"));
    assert_eq!(index.find("what is 2 2").unwrap().how, Match::Exact);
    assert_eq!(index.find(&LONG.to_uppercase()).unwrap().how, Match::Exact);
}

#[test]
fn less_than_a_run_is_not() {
    let index = index();
    assert_eq!(
        index.find("Zero two three four five six seven eight nine ten eleven twelve thirteen"),
        None
    );
    // A short item inside a longer problem is no contamination: it has to be the whole.
    assert_eq!(index.find("Tom asks: what is 2 + 2?"), None);
    assert_eq!(index.find(""), None);
    assert_eq!(Benchmarks::new(0).find("a"), None);
}

#[test]
fn evidence_does_not_depend_on_order() {
    let (mut one, mut two) = (Benchmarks::new(3), Benchmarks::new(3));
    one.add("a", "1", "x y z");
    one.add("b", "0", "x y z");
    two.add("b", "0", "x y z");
    two.add("a", "1", "x y z");
    assert_eq!(one.find("w x y z"), two.find("w x y z"));
    assert_eq!(one.find("x y z").unwrap().benchmark, "a");
}

fn all(items: &[(&str, &str)]) -> Benchmarks {
    let mut index = Benchmarks::with_rules(Rules::default());
    items
        .iter()
        .for_each(|(id, problem)| index.add("b", id, problem));
    index
}

const DUCKS: &str = "Janet’s ducks lay 16 eggs per day. She eats three for breakfast every morning and bakes muffins for her friends every day with four. She sells the remainder at the farmers' market daily for $2 per fresh duck egg. How much in dollars does she make every day at the farmers' market?";

#[test]
fn each_kind_of_leak_has_its_evidence() {
    let index = all(&[
        ("ducks", DUCKS),
        (
            "robe",
            "A robe takes 2 bolts of blue fiber and half that much white fiber.  How many bolts in total does it take?",
        ),
    ]);
    let find = |text: &str| index.find(text).map(|hit| (hit.item, hit.how)).unwrap();
    assert_eq!(find(&DUCKS.to_uppercase()), ("ducks".into(), Match::Exact));
    assert_eq!(
        find(&format!("Please help: {DUCKS} Show your work.")),
        ("ducks".into(), Match::Ngram)
    );
    assert_eq!(
        find(
            "A robe takes 2 bolts of blue fiber and half so much white fiber. How many bolts in total does it take?"
        ),
        ("robe".into(), Match::Near)
    );
    let reskinned = "Viktor’s ducks lay 23 eggs per day. He eats five for breakfast every morning and bakes muffins for his friends every day with 6. He sells the remainder at the farmers' market daily for $5 per fresh duck egg. How much in dollars does he make every day at the farmers' market?";
    let only_masks = |rules: Rules| Rules {
        long: None,
        near: None,
        short: None,
        ..rules
    };
    let mut index = Benchmarks::with_rules(only_masks(Rules::default()));
    index.add("b", "ducks", DUCKS);
    let hit = index.find(reskinned).unwrap();
    assert_eq!((hit.how, hit.similarity > 0.999), (Match::Masked, true));
    assert!(
        hit.shared.contains("ducks") && hit.shared.contains("muffins"),
        "{}",
        hit.shared
    );
    let paraphrased = reskinned
        .replace("eats five", "consumes five")
        .replace("How much in dollars does", "What amount of dollars does")
        .replace("every day with", "daily with");
    assert_eq!(index.find(&paraphrased).unwrap().how, Match::MaskedNear);
    assert!(
        index
            .find(&paraphrased)
            .unwrap()
            .to_string()
            .starts_with("b item ducks but for numbers and names, similarity 0.")
    );
}

#[test]
fn runs_of_eight_count_when_they_are_half_of_the_item() {
    let item =
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi";
    let mut index = Benchmarks::with_rules(Rules {
        long: None,
        near: None,
        reskin: None,
        ..Rules::default()
    });
    index.add("b", "greek", item);
    let hit = index
        .find("So alpha beta gamma delta epsilon zeta eta theta and others")
        .unwrap();
    assert_eq!(
        (hit.how, hit.similarity, hit.shared.as_str()),
        (
            Match::Ngram,
            0.5,
            "alpha beta gamma delta epsilon zeta eta theta"
        )
    );
    let mut longer = Benchmarks::with_rules(Rules {
        long: None,
        near: None,
        reskin: None,
        ..Rules::default()
    });
    longer.add("b", "greek", &format!("{item} rho"));
    assert_eq!(
        longer.find("So alpha beta gamma delta epsilon zeta eta theta and others"),
        None
    );
}

#[test]
fn what_says_little_is_no_reskinned_item() {
    // Masked, these are the same; nothing in them tells that they are the same problem.
    let index = all(&[
        ("a", "What is $2 + 3$?"),
        (
            "b",
            "Ruby is 6 times older than Sam. In 9 years, Ruby will be 3 times as old as Sam. How old is Sam now?",
        ),
    ]);
    assert_eq!(index.find("What is $14 + 7$?"), None);
    assert_eq!(index.find("Tom is 4 times older than Ann. In 5 years, Tom will be twice as old as Ann. How old is Tom now?"), None);
}

#[test]
fn another_problem_on_the_same_things_stays() {
    let index = all(&[("ducks", DUCKS)]);
    assert_eq!(index.find("Ann keeps ducks and sells fresh eggs at the farmers' market. Every duck lays 2 eggs per day. She has 7 ducks. How many eggs can she sell in a week?"), None);
}
