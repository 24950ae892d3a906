use super::*;

fn same(a: &str, b: &str) {
    assert_eq!(normal_form(a).unwrap(), normal_form(b).unwrap());
}

fn differ(a: &str, b: &str) {
    assert_ne!(normal_form(a).unwrap(), normal_form(b).unwrap());
}

const PLAIN: &str = "input = {'a': 3, 'b': 4}\ndef f(a, b):\n    c = a * b\n    return c\noutput = f(**input)\nprint(output)\n";

#[test]
fn renaming_everything_changes_nothing() {
    same(
        PLAIN,
        "# a shop\ninput = {\n  \"price\": 3,\n  \"count\": 4,\n}\n\n\ndef solve(price: int, count: int) -> int:\n    '''Multiplies.'''\n    total: int = (price * count)  # here\n    return total\n\noutput = solve(**input)\nprint(output)",
    );
}

#[test]
fn shape_of_a_normal_form() {
    insta_like(
        &normal_form(PLAIN).unwrap(),
        "(= input (dict '$0 3 '$1 4)) (def $2 (args $0 $1) (body (= $3 (* $0 $1)) (return $3))) (= output (call $2 (** input))) (do (call print output))",
    );
}

fn insta_like(found: &str, expected: &str) {
    assert_eq!(found, expected);
}

#[test]
fn keys_and_parameters_are_one_name_under_spreading() {
    // Swapping the parameters of f(**input) without swapping their roles is only a renaming of nothing: it differs.
    differ(PLAIN, &PLAIN.replace("f(a, b)", "f(b, a)"));
    // A key and its parameter have to be renamed together; the parameter alone is another (broken) program.
    differ(
        PLAIN,
        &PLAIN
            .replace("f(a, b)", "f(x, b)")
            .replace("c = a", "c = x"),
    );
    same(
        PLAIN,
        &PLAIN
            .replace("'a'", "'x'")
            .replace("f(a, b)", "f(x, b)")
            .replace("c = a", "c = x"),
    );
}

#[test]
fn keys_by_subscript_are_names_too() {
    let program = |k: &str, d: &str| {
        format!(
            "input = {{'{k}': 3}}\ndef f({d}):\n    return {d}['{k}'] + {d}.get('{k}')\noutput = f(input)\nprint(output)\n"
        )
    };
    same(&program("a", "data"), &program("zebra", "d"));
    // A key of another dict is a constant.
    let other = |k: &str| {
        format!("input = {{'a': 3}}\nother = {{'{k}': 1}}\noutput = input['a'] + other['{k}']\n")
    };
    differ(&other("x"), &other("y"));
}

#[test]
fn scopes_are_kept_apart() {
    same(
        "def f(x):\n    return x\ndef g(x):\n    return x + 1\n",
        "def first(a):\n    return a\ndef second(b):\n    return b + 1\n",
    );
    same(
        "x = [i for i in range(3)]\ny = [i for i in x]\n",
        "x = [a for a in range(3)]\ny = [b for b in x]\n",
    );
    differ(
        "a = 1\ndef f():\n    return a\n",
        "a = 1\ndef f(a):\n    return a\n",
    );
    same(
        "n = 1\ndef f():\n    global n\n    n = 2\n",
        "m = 1\ndef f():\n    global m\n    m = 2\n",
    );
    differ(
        "n = 1\ndef f():\n    global n\n    n = 2\n",
        "n = 1\ndef f():\n    n = 2\n",
    );
}

#[test]
fn keywords_follow_their_function() {
    let program = |p: &str| {
        format!("def f({p}=2):\n    return {p}\noutput = f({p}=3)\nprint(output, sep='')\n")
    };
    same(&program("a"), &program("length"));
    differ("print(1, sep='')\n", "print(1, end='')\n");
}

#[test]
fn classes_lambdas_and_matches() {
    let class = |c: &str, m: &str, x: &str| {
        format!(
            "class {c}:\n    def __init__(self, {x}):\n        self.{x} = {x}\n    def {m}(self):\n        return self.{x}\noutput = {c}(3).{m}()\n"
        )
    };
    same(&class("A", "run", "x"), &class("Shop", "total", "price"));
    same("f = lambda a, b=1: a + b\n", "g = lambda x, y=1: x + y\n");
    same(
        "match z:\n    case [a, *b]:\n        print(a, b)\n",
        "match z:\n    case [x, *y]:\n        print(x, y)\n",
    );
}

#[test]
fn builtins_imports_and_constants_are_kept() {
    differ("print(max(1, 2))\n", "print(min(1, 2))\n");
    differ("x = 1\n", "x = 1.0\n");
    differ("x = 1\n", "x = -1\n");
    differ("x = 'a'\n", "x = 'b'\n");
    same(
        "import math as m\nx = m.sqrt(2)\n",
        "import math\ny = math.sqrt(2)\n",
    );
    same("x = 0x10\ny = 'a'\n", "x = 16\nz = \"a\"\n");
}

#[test]
fn structure_masks_constants_and_lengths() {
    let same = |a: &str, b: &str| assert_eq!(structure(a).unwrap(), structure(b).unwrap());
    same(PLAIN, &PLAIN.replace('3', "77.5").replace('4', "-1"));
    same("x = [1, 2, 3]\n", "x = [4]\n");
    same("print(f'{3:.2f} a')\n", "print(f'{4:.3f} b')\n");
    same("x = [(1, 'a'), (2, 'b')]\n", "x = [(3, 'c')]\n");
    assert_ne!(
        structure("x = [1, 2]\n").unwrap(),
        structure("x = (1, 2)\n").unwrap()
    );
    assert_ne!(
        structure(PLAIN).unwrap(),
        structure(&PLAIN.replace('*', "+")).unwrap()
    );
    assert_ne!(
        structure("f(a, 1)\n").unwrap(),
        structure("f(1, a)\n").unwrap()
    );
}

mod generated {
    use proptest::prelude::*;

    use super::*;

    /// A program of `names` inputs and a chain of operations, spelt with the names given.
    fn program(
        names: &[String],
        values: &[i64],
        ops: &[(usize, usize, u8)],
        function: &str,
        noise: bool,
    ) -> String {
        use std::fmt::Write as _;
        let inputs = values.len();
        let mut text = String::new();
        if noise {
            text.push_str("# a comment\n\"\"\"A docstring.\"\"\"\n\n");
        }
        let keys: Vec<String> = (0..inputs)
            .map(|i| format!("'{}': {}", names[i], values[i]))
            .collect();
        writeln!(
            text,
            "input = {{{}}}",
            keys.join(if noise { ",\n   " } else { ", " })
        )
        .unwrap();
        writeln!(text, "def {function}({}):", names[..inputs].join(", ")).unwrap();
        for (step, (a, b, op)) in ops.iter().enumerate() {
            let known = inputs + step;
            let op = ["+", "-", "*", "//"][usize::from(*op) % 4];
            let (a, b) = (&names[a % known], &names[b % known]);
            if noise {
                writeln!(
                    text,
                    "    {} = (({a})  {op} {b})  # step {step}\n",
                    names[known]
                )
                .unwrap();
            } else {
                writeln!(text, "    {} = {a} {op} {b}", names[known]).unwrap();
            }
        }
        writeln!(
            text,
            "    return {}\noutput = {function}(**input)\nprint(output)",
            names[inputs + ops.len() - 1]
        )
        .unwrap();
        text
    }

    fn pool(prefix: &str) -> Vec<String> {
        (0..16).map(|i| format!("{prefix}{i}")).collect()
    }

    proptest! {
        #[test]
        fn names_and_layout_never_matter(values in prop::collection::vec(-99i64..99, 1..5), ops in prop::collection::vec((0usize..9, 0usize..9, 0u8..4), 1..8)) {
            let plain = program(&pool("v"), &values, &ops, "f", false);
            let noisy = program(&pool("amount_"), &values, &ops, "solve_it", true);
            prop_assert_eq!(normal_form(&plain).unwrap(), normal_form(&noisy).unwrap());
            prop_assert_eq!(structure(&plain).unwrap(), structure(&noisy).unwrap());
        }

        #[test]
        fn constants_matter_to_the_normal_form_only(values in prop::collection::vec(0i64..99, 1..5), ops in prop::collection::vec((0usize..9, 0usize..9, 0u8..4), 1..8), at in 0usize..5) {
            let mut changed = values.clone();
            let at = at % values.len();
            changed[at] += 1;
            let (one, two) = (program(&pool("v"), &values, &ops, "f", false), program(&pool("v"), &changed, &ops, "f", false));
            prop_assert_ne!(normal_form(&one).unwrap(), normal_form(&two).unwrap());
            prop_assert_eq!(structure(&one).unwrap(), structure(&two).unwrap());
        }

        #[test]
        fn any_text_is_judged_without_a_panic(text in "[a-z0-9 =+*(){}\\[\\]:,.'\"\n#\\\\]{0,200}") {
            let _ = normal_form(&text);
            let _ = crate::facts(&text);
        }
    }
}
