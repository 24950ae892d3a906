//! `answer check` and `sandbox run`.

use super::scene::Scene;

#[test]
fn equal_answers_exit_with_0_and_different_ones_with_1() {
    let scene = Scene::new();
    let shown = scene.run(&["answer", "check", "1/2", "0.5"]).expect(0);
    assert!(shown.stdout.starts_with("equal"), "{shown}");
    let shown = scene.run(&["answer", "check", "18", "19"]).expect(1);
    assert!(shown.stdout.starts_with("different"), "{shown}");
    let shown = scene
        .run(&["answer", "check", "-3", "-3.0", "--json"])
        .expect(0);
    assert_eq!(shown.json()["outcome"], "equal");
}

#[test]
fn an_answer_is_taken_out_of_a_reply() {
    let scene = Scene::new();
    let reply = "She has 9 eggs and sells each for 2 dollars: 9 * 2 = 18. The answer is 18.";
    scene
        .run(&["answer", "check", "--extract", "18", reply])
        .expect(0);
    let shown = scene
        .run(&["answer", "check", "--extract", "18", ""])
        .expect(1);
    assert!(shown.stdout.contains("no final answer"), "{shown}");
}

const PROGRAM: &str = "input = {'a': 2, 'b': 40}\ndef add(a, b):\n    return a + b\noutput = add(**input)\nprint(output)\n";

#[test]
fn a_program_s_outcome_is_json() {
    let scene = Scene::new();
    scene.write("program.py", PROGRAM);
    let shown = scene
        .run(&[
            "sandbox",
            "run",
            "program.py",
            "--json",
            "--python",
            "python3",
        ])
        .expect(0);
    let value = shown.json();
    assert_eq!(value["status"], "ok");
    assert_eq!(value["output"], 42);
    assert_eq!(value["input"]["b"], 40);
    assert!(
        value["protection"].as_str().unwrap().contains("rlimits"),
        "{shown}"
    );
}

#[test]
fn a_failing_program_exits_with_1_and_names_the_line() {
    let scene = Scene::new();
    scene.write("program.py", "x = 1\ny = x / 0\n");
    let shown = scene
        .run(&[
            "sandbox",
            "run",
            "program.py",
            "--json",
            "--python",
            "python3",
        ])
        .expect(1);
    let value = shown.json();
    assert_eq!(
        (&value["status"], &value["error_line"]),
        (&"error".into(), &2.into()),
        "{shown}"
    );
    assert_eq!(value["error_class"], "ZeroDivisionError");
}

#[test]
fn a_missing_program_and_a_missing_python() {
    let scene = Scene::new();
    let shown = scene
        .run(&["sandbox", "run", "none.py", "--python", "python3"])
        .expect(2);
    assert!(shown.stderr.contains("none.py"), "{shown}");
    scene.write("program.py", PROGRAM);
    let shown = scene
        .run(&["sandbox", "run", "program.py", "--python", "no-such-python"])
        .expect(3);
    assert!(shown.stderr.contains("no-such-python"), "{shown}");
}
