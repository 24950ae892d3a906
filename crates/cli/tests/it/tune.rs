//! `tune`: a model from a recipe.

use super::scene::{Scene, project};

const RECIPE: &str = "name: mini
seed: 1
architecture: {vocab_size: 600, hidden_size: 32, layers: 1, heads: 2, intermediate_size: 64, max_positions: 256}
tokenizer_records: 100
data:
  - gradeschool: {split: base, seed: 1, count: 200}
training: {steps: 6, tokens_per_step: 512, checkpoint_every: 2}
";

#[test]
fn the_same_recipe_gives_the_same_model_which_loads() {
    let scene = Scene::new();
    scene.write("mini.yaml", RECIPE);
    let made = scene
        .run(&["tune", "mini.yaml", "-o", "one", "--json", "-q"])
        .expect(0)
        .json();
    let again = scene
        .run(&["tune", "mini.yaml", "-o", "deep/two", "--json", "-q"])
        .expect(0)
        .json();
    assert_eq!(made["model_id"], again["model_id"]);
    assert_eq!((&made["records"], &made["steps"]), (&200.into(), &6.into()));
    assert!(!scene.path().join("one.partial").exists());
    let benchmark = project("examples/quickstart-held-out.jsonl");
    let score = scene
        .run(&[
            "evaluate",
            "--model",
            "one",
            "--bench",
            &format!("problems={}", benchmark.display()),
            "--limit",
            "2",
            "--json",
            "-q",
        ])
        .expect(0)
        .json();
    assert_eq!(score["tasks"][0]["metrics"]["items"], 2);
    assert_eq!(score["model"]["id"], made["model_id"]);
}

#[test]
fn a_wrong_recipe_names_the_nearest_key() {
    let scene = Scene::new();
    scene.write(
        "mini.yaml",
        &RECIPE.replace("tokenizer_records", "tokeniser_records"),
    );
    let shown = scene.run(&["tune", "mini.yaml", "-o", "model"]).expect(2);
    assert!(shown.stderr.contains("tokenizer_records"), "{shown}");
    let shown = scene
        .run(&["tune", "mini.yaml", "-o", "model", "--seed", "3"])
        .expect(2);
    assert!(shown.stderr.contains("takes no --seed"), "{shown}");
    let shown = scene.run(&["tune", "none.yaml", "-o", "model"]);
    assert!(shown.code == 2 || shown.code == 3, "{shown}");
    assert!(shown.stderr.contains("none.yaml"), "{shown}");
}
