use serde_json::json;

use super::*;
use crate::{Rules, check, facts};

const FIRST: &str = "import math\ninput = {\"boxes\": 4, \"per_box\": 6}\n\ndef solve(boxes, per_box):\n    total = boxes * per_box\n    return total + 10\n\noutput = solve(**input)\nprint(output)\n";
const SECOND: &str = "import math\ninput = {'price': 30, 'boxes': 3}\n\ndef solve(price, boxes):\n    total = price * boxes\n    return math.ceil(total / 7)\n\noutput = solve(input['price'], boxes=input['boxes'])\nprint(output)\n";

fn make(operator: Operator, seed: u64) -> Result<Offspring, NotApplicable> {
    let (a, b) = (json!(34), json!(13));
    let first = Parent {
        id: "one",
        source: FIRST,
        output: &a,
    };
    let second = Parent {
        id: "two",
        source: SECOND,
        output: &b,
    };
    offspring(&[first, second], operator, seed)
}

#[test]
fn what_is_made_keeps_the_contract_and_says_where_it_comes_from() {
    for operator in Operator::ALL {
        for seed in 0..20 {
            let made = make(operator, seed).unwrap();
            let found = facts(&made.program).unwrap();
            check(&found, &Rules::default()).unwrap_or_else(|v| panic!("{v}\n{}", made.program));
            assert_eq!(make(operator, seed).unwrap(), made);
            let parents = if operator == Operator::Compose {
                vec!["one", "two"]
            } else {
                vec!["one"]
            };
            assert_eq!(made.ancestry.parents, parents);
        }
    }
}

#[test]
fn an_operation_becomes_another() {
    let texts: std::collections::BTreeSet<String> = (0..30)
        .map(|seed| make(Operator::ChangeOperation, seed).unwrap().program)
        .collect();
    assert!(texts.contains(&FIRST.replace("boxes * per_box", "(boxes + per_box)")));
    assert!(texts.contains(&FIRST.replace("total + 10", "(total - 10)")));
    assert!(texts.len() >= 4);
}

#[test]
fn two_programs_become_one_with_disjoint_names() {
    let made = (0..20)
        .map(|seed| make(Operator::Compose, seed).unwrap())
        .find(|made| made.ancestry.detail.contains("`price`"))
        .unwrap();
    assert_eq!(
        made.program,
        "import math\ninput = {\"boxes\": 4, \"per_box\": 6, \"boxes_next\": 3}\n\ndef solve(boxes, per_box):\n    total = boxes * per_box\n    return total + 10\n\nfirst_result = solve(boxes=input[\"boxes\"], per_box=input[\"per_box\"])\n\nimport math\n\ndef solve_next(price, boxes):\n    total = price * boxes\n    return math.ceil(total / 7)\n\noutput = solve_next(first_result, boxes=input[\"boxes_next\"])\nprint(output)\n"
    );
}

#[test]
fn a_step_fits_the_output() {
    let made = make(Operator::Deepen, 1).unwrap();
    assert!(
        made.program
            .contains("solve(boxes=input[\"boxes\"], per_box=input[\"per_box\"])"),
        "{}",
        made.program
    );
    let output = json!({"$type": "Fraction", "text": "1/2"});
    let parent = Parent {
        id: "one",
        source: FIRST,
        output: &output,
    };
    let refused = offspring(&[parent], Operator::Deepen, 0).unwrap_err();
    assert_eq!(refused.to_string(), "deepen: no step fits such an output");
}

#[test]
fn a_whole_use_of_the_input_is_in_the_way() {
    let source = "input = {\"a\": 4, \"b\": 6}\ntotal = 0\nfor key in input:\n    total += input[key]\noutput = total\nprint(output)\n";
    let output = json!(10);
    let parent = Parent {
        id: "one",
        source,
        output: &output,
    };
    let refused = offspring(&[parent], Operator::Deepen, 0).unwrap_err();
    assert_eq!(refused.why, "`input` is used as a whole");
}
