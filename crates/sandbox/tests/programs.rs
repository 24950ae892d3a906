//! Ordinary programs: what they compute comes back whole, typed, and the same every time.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test suite")]

mod common;

use caco_sandbox::{Config, OutputSource, Sandbox, Status};
use common::{CONTROL, config, run, run_in, run_with};
use serde_json::{Value, json};

fn value_of(expression: &str) -> (Value, String) {
    let imports = "import math, enum, collections\nfrom fractions import Fraction\nfrom decimal import Decimal\n";
    let outcome = run(&format!("{imports}output = {expression}\n"));
    assert_eq!(
        outcome.status,
        Status::Ok,
        "{expression}: {:?}",
        outcome.error_message
    );
    assert_eq!(outcome.output_source, OutputSource::Variable);
    (outcome.output.unwrap(), outcome.output_text.unwrap())
}

#[test]
fn a_program_of_the_contract() {
    let outcome = run(CONTROL);
    assert_eq!(outcome.status, Status::Ok, "{:?}", outcome.error_message);
    assert_eq!(outcome.input, Some(json!({"a": 6, "b": 7})));
    assert_eq!(outcome.output, Some(json!(42)));
    assert_eq!(outcome.output_text.as_deref(), Some("42"));
    assert_eq!(outcome.stdout, "42\n");
    assert_eq!(outcome.stderr, "");
    assert!(
        outcome.protection.contains("rlimits"),
        "{}",
        outcome.protection
    );
    assert!(
        outcome.interpreter.starts_with("cpython 3."),
        "{}",
        outcome.interpreter
    );
}

#[test]
fn values_are_typed_and_their_text_is_pythons() {
    let big = 10u64.pow(18).to_string() + "00";
    let table = [
        ("None", json!(null), "None"),
        ("True", json!(true), "True"),
        ("-7", json!(-7), "-7"),
        ("2**63 - 1", json!(i64::MAX), "9223372036854775807"),
        (
            "2**63",
            json!({"$int": "9223372036854775808"}),
            "9223372036854775808",
        ),
        ("10**20", json!({"$int": big}), "100000000000000000000"),
        ("0.1 + 0.2", json!(0.1 + 0.2), "0.30000000000000004"),
        ("84 / 2", json!(42.0), "42.0"),
        ("1e16", json!(1e16), "1e+16"),
        ("float('nan')", json!({"$float": "nan"}), "nan"),
        ("-math.inf", json!({"$float": "-inf"}), "-inf"),
        ("'caf\\u00e9'", json!("café"), "café"),
        (
            "'\\ud800'",
            json!({"$type": "str", "text": "\\ud800"}),
            "\\ud800",
        ),
        ("[1, 2.0, 'x']", json!([1, 2.0, "x"]), "[1, 2.0, 'x']"),
        (
            "(1, (2,))",
            json!({"$tuple": [1, {"$tuple": [2]}]}),
            "(1, (2,))",
        ),
        ("{3, 1, 2}", json!({"$set": [1, 2, 3]}), "{1, 2, 3}"),
        (
            "{'a': 1, 'b': [2]}",
            json!({"a": 1, "b": [2]}),
            "{'a': 1, 'b': [2]}",
        ),
        ("{1: 'x'}", json!({"$dict": [[1, "x"]]}), "{1: 'x'}"),
        (
            "{'$int': 1}",
            json!({"$dict": [["$int", 1]]}),
            "{'$int': 1}",
        ),
        (
            "collections.Counter('aab')",
            json!({"a": 2, "b": 1}),
            "Counter({'a': 2, 'b': 1})",
        ),
        (
            "Fraction(2, 6)",
            json!({"$type": "Fraction", "text": "1/3"}),
            "1/3",
        ),
        (
            "Decimal('1.10')",
            json!({"$type": "Decimal", "text": "1.10"}),
            "1.10",
        ),
        ("2j", json!({"$type": "complex", "text": "2j"}), "2j"),
        (
            "range(3)",
            json!({"$type": "range", "text": "range(0, 3)"}),
            "range(0, 3)",
        ),
    ];
    for (expression, wire, text) in table {
        assert_eq!(
            value_of(expression),
            (wire, text.to_string()),
            "{expression}"
        );
    }
}

#[test]
fn five_thousand_digits_come_back_whole() {
    let outcome = run("output = 10**4999 + 7\nprint(output)\n");
    let text = format!("1{}7", "0".repeat(4998));
    assert_eq!(outcome.output, Some(json!({"$int": text})));
    assert_eq!(outcome.output_text, Some(text));
}

#[test]
fn floats_keep_every_bit() {
    let outcome = run(
        "import random\nr = random.Random(5)\noutput = [r.uniform(-1, 1) * 10.0**r.randint(-300, 300) for _ in range(500)]\n",
    );
    let text = outcome.output_text.unwrap();
    let expected: Vec<f64> = text
        .trim_matches(['[', ']'])
        .split(", ")
        .map(|x| x.parse().unwrap())
        .collect();
    let got: Vec<f64> = outcome
        .output
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn without_output_the_last_printed_line_counts_and_is_flagged() {
    let outcome = run("print('working')\nprint(6 * 7)\nprint()\n");
    assert_eq!(
        (outcome.status, outcome.output_source),
        (Status::Ok, OutputSource::Stdout)
    );
    assert_eq!(
        (outcome.output, outcome.output_text.as_deref()),
        (None, Some("42"))
    );
    let outcome = run("x = 1\n");
    assert_eq!(
        (outcome.status, outcome.output_source, outcome.output_text),
        (Status::Ok, OutputSource::None, None)
    );
}

#[test]
fn exceptions_carry_class_message_and_line() {
    let outcome = run("input = {'n': 0}\n\ndef f(n):\n    return 1 / n\n\noutput = f(**input)\n");
    assert_eq!(outcome.status, Status::Error);
    assert_eq!(outcome.error_class.as_deref(), Some("ZeroDivisionError"));
    assert_eq!(outcome.error_message.as_deref(), Some("division by zero"));
    assert_eq!(outcome.error_line, Some(4));
    assert_eq!(outcome.input, Some(json!({"n": 0})));
    assert!(outcome.stderr.contains("ZeroDivisionError"));
    let outcome = run("x = 1\noutput = (\n");
    assert_eq!(
        (
            outcome.status,
            outcome.error_class.as_deref(),
            outcome.error_line
        ),
        (Status::Error, Some("SyntaxError"), Some(2))
    );
    let outcome = run("x = 1\0\n");
    assert_eq!(outcome.status, Status::Error);
}

#[test]
fn an_input_call_meets_an_empty_stdin() {
    assert_eq!(
        run("output = input('number? ')\n").error_class.as_deref(),
        Some("EOFError")
    );
}

#[test]
fn a_module_that_is_not_installed_is_unsupported() {
    let outcome = run("import surely_not_installed\n");
    assert_eq!(
        (outcome.status, outcome.error_class.as_deref()),
        (Status::Unsupported, Some("ModuleNotFoundError"))
    );
    assert_eq!(
        run(&format!("x = '{}'\n", "a".repeat(1 << 20))).status,
        Status::Unsupported
    );
}

#[test]
fn answers_above_the_cap_are_refused_before_they_are_made() {
    let limited = || Config {
        max_answer_bytes: 1000,
        ..config()
    };
    for program in [
        "output = 'x' * 1001",
        "output = 1 << (1 << 28)",
        "output = list(range(2000))",
        "input = {'a': 'x' * 2000}\noutput = 1",
        "a = []\na.append(a)\noutput = a",
    ] {
        let outcome = run_with(limited(), program);
        assert_eq!(
            outcome.status,
            Status::OutputLimit,
            "{program}: {:?}",
            outcome.error_message
        );
        assert_eq!(outcome.output, None);
    }
    assert_eq!(run_with(limited(), "output = 'x' * 900").status, Status::Ok);
}

#[test]
fn the_same_program_gives_the_same_answer_in_any_pool() {
    let program = "import random\noutput = [random.random(), hash('caco'), list({'x', 'y', 'zz', 'caco'}), str(object())[:20], sorted(map(str, {object(), 1.5}))[0]]\n";
    let first = run(program);
    assert_eq!(first.status, Status::Ok, "{:?}", first.error_message);
    let other = Sandbox::start(config()).unwrap();
    run_in(&other, &[CONTROL, "import random\nrandom.seed(99)\nx = 5"]);
    assert_eq!(run_in(&other, &[program])[0].output_text, first.output_text);
}

#[test]
fn the_main_module_is_the_programs_own() {
    let outcome = run(
        "import __main__, dataclasses, typing\nx = 5\n\n@dataclasses.dataclass\nclass P:\n    a: 'int' = 1\n\n\
         if __name__ == '__main__':\n    output = [__main__.x, P(), typing.get_type_hints(P)['a'] is int, 'serve' in vars(__main__)]\n",
    );
    assert_eq!(
        outcome.output_text.as_deref(),
        Some("[5, P(a=1), True, False]"),
        "{:?}",
        outcome.error_message
    );
}

#[test]
fn numpy_and_sympy_values() {
    let sandbox = Sandbox::start(config()).unwrap();
    let probe = &run_in(&sandbox, &["import numpy, sympy\noutput = 1\n"])[0];
    if probe.status == Status::Unsupported {
        eprintln!(
            "SKIPPED: numpy and sympy are not installed for python3; name an interpreter that has them first on PATH"
        );
        return;
    }
    assert!(
        probe.interpreter.contains("numpy ") && probe.interpreter.contains("sympy "),
        "{}",
        probe.interpreter
    );
    let table = [
        (
            "np.float64(0.5)",
            json!({"$type": "numpy.float64", "text": "0.5"}),
            "0.5",
        ),
        (
            "[np.int64(3), 1]",
            json!([{"$type": "numpy.int64", "text": "3"}, 1]),
            "[3, 1]",
        ),
        (
            "np.array([[1, 2], [3, 4]])",
            json!({"$type": "numpy.ndarray", "dtype": "int64", "shape": [2, 2], "value": [[1, 2], [3, 4]]}),
            "[[1, 2], [3, 4]]",
        ),
        (
            "sp.Rational(1, 3)",
            json!({"$type": "sympy.Rational", "text": "1/3", "srepr": "Rational(1, 3)"}),
            "1/3",
        ),
        (
            "sp.sqrt(8)",
            json!({"$type": "sympy.Mul", "text": "2*sqrt(2)", "srepr": "Mul(Integer(2), Pow(Integer(2), Rational(1, 2)))"}),
            "2*sqrt(2)",
        ),
        (
            "sp.solve(sp.Symbol('x')**2 - 4)",
            json!([
                {"$type": "sympy.Integer", "text": "-2", "srepr": "Integer(-2)"},
                {"$type": "sympy.Integer", "text": "2", "srepr": "Integer(2)"},
            ]),
            "[-2, 2]",
        ),
        (
            "round(np.random.rand(), 12) == round(np.random.RandomState(0).rand(), 12)",
            json!(true),
            "True",
        ),
    ];
    for (expression, wire, text) in table {
        let outcome = &run_in(
            &sandbox,
            &[&format!(
                "import numpy as np, sympy as sp\noutput = {expression}\n"
            )],
        )[0];
        assert_eq!(
            outcome.output_text.as_deref(),
            Some(text),
            "{expression}: {:?}",
            outcome.error_message
        );
        assert_eq!(outcome.output, Some(wire), "{expression}");
    }
}

#[test]
fn values_nested_as_deep_as_json_readers_go_come_back() {
    for (start, wrap, levels, deepest) in [
        ("1", "[v]", 1, true),
        ("1", "(v,)", 2, true),
        ("{1}", "{'a': v}", 1, true),
        ("1", "{1: v}", 3, true),
        ("1", "[v]", 1, false),
        ("1", "(v,)", 2, false),
        ("1", "{1: v}", 3, false),
    ] {
        let count = if deepest { 110 / levels } else { 130 / levels };
        let outcome = run(&format!(
            "v = {start}\nfor i in range({count}): v = {wrap}\noutput = v\n"
        ));
        let wanted = if deepest {
            Status::Ok
        } else {
            Status::OutputLimit
        };
        assert_eq!(outcome.status, wanted, "{wrap}: {outcome:?}");
        if deepest {
            let text = serde_json::to_string(&outcome).unwrap();
            let again: caco_sandbox::Outcome = serde_json::from_str(&text).unwrap();
            assert_eq!(again, outcome);
        }
    }
}
