use arrow_array::cast::AsArray as _;
use caco_record::ORIGIN_SAMPLE;
use serde_json::json;

use super::*;
use crate::export::columns;

pub(crate) fn row() -> Row {
    let mut row = Row::new("a".repeat(32), ORIGIN_SAMPLE, 1, Stage::Curate);
    row.problem = Some("How many \"½\" are in 3?".into());
    row.solution = Some("3 / ½ = 6. The answer is 6.".into());
    row.answer = Some("6".into());
    row.program = Some("input = {'n': 3}\noutput = input['n'] * 2\n".into());
    row.seed_id = Some("r1/4".into());
    row
}

fn item(row: &Row) -> Item<'_> {
    Item {
        row,
        index: 7,
        set: "tiny",
        words: true,
    }
}

#[test]
fn names_and_folders_are_distinct_and_read_back() {
    let folders: std::collections::BTreeSet<&str> =
        View::ALL.into_iter().map(View::folder).collect();
    assert_eq!(folders.len(), View::ALL.len());
    for view in View::ALL {
        assert_eq!(view.as_str().parse(), Ok(view));
        assert_eq!(serde_json::to_value(view).unwrap(), view.as_str());
        let own = ["shards", "calls", "rejected", "models"];
        assert!(!own.contains(&view.folder()), "{view} is a folder of runs");
    }
    let unknown = "mesages".parse::<View>().unwrap_err().to_string();
    assert!(unknown.starts_with("`mesages` is not one of parquet, messages"));
}

#[test]
fn each_shape_has_exactly_its_columns_and_becomes_a_batch() {
    let row = row();
    for view in View::ALL {
        let value = view.shape(&item(&row)).unwrap();
        let named: Vec<&String> = value.as_object().unwrap().keys().collect();
        let fields = view.fields();
        let columns: Vec<&String> = fields.iter().map(|field| field.name()).collect();
        assert_eq!(named, columns, "{view}");
        let batch = columns::batch(&fields, std::slice::from_ref(&value)).unwrap();
        assert_eq!(batch.num_rows(), 1, "{view}");
    }
}

#[test]
fn further_inputs_and_outputs_are_tests_of_the_task() {
    let mut row = row();
    for view in [View::Verl, View::ReasoningGym] {
        let value = view.shape(&item(&row)).unwrap();
        let told = value["extra_info"]
            .as_object()
            .or(value["metadata"].as_object());
        assert!(told.unwrap()["tests"].is_null(), "{view}");
    }
    row.pairs = Some(
        r#"[{"input": {"n": 4}, "output": 8, "text": "8"}, {"input": {"n": 9}, "output": 18, "text": "18"}]"#
            .into(),
    );
    let read = |text: &Value| -> Value { serde_json::from_str(text.as_str().unwrap()).unwrap() };
    let expected = json!({"inputs": [{"n": 4}, {"n": 9}], "outputs": ["8", "18"]});
    let verl = View::Verl.shape(&item(&row)).unwrap();
    assert_eq!(read(&verl["extra_info"]["tests"]), expected);
    let gym = View::ReasoningGym.shape(&item(&row)).unwrap();
    assert_eq!(read(&gym["metadata"]["tests"]), expected);
    let genesys = View::Genesys.shape(&item(&row)).unwrap();
    assert_eq!(read(&read(&genesys["metadata"])["tests"]), expected);
}

#[test]
fn what_a_row_lacks_is_named() {
    let mut bare = row();
    bare.problem = None;
    for view in View::ALL {
        let shaped = view.shape(&item(&bare));
        assert_eq!(shaped.is_ok(), view.needs() == Needs::Program, "{view}");
    }
    // Seeds have problems of their own where nothing was solved.
    let row = row();
    let unsolved = Item {
        words: false,
        ..item(&row)
    };
    for view in View::ALL {
        let shaped = view.shape(&unsolved);
        assert_eq!(shaped.is_ok(), view.needs() != Needs::Words, "{view}");
    }
    let value = View::Genesys.shape(&unsolved).unwrap();
    assert_eq!(value["gold_standard_solution"], Value::Null);
}

#[test]
fn tasks_for_reinforcement_learning() {
    let row = row();
    let verl = View::Verl.shape(&item(&row)).unwrap();
    assert_eq!(
        verl["reward_model"],
        json!({"style": "rule", "ground_truth": "6"})
    );
    assert_eq!(verl["extra_info"]["index"], 7);
    assert_eq!(
        (&verl["data_source"], &verl["ability"]),
        (&json!("tiny"), &json!("math"))
    );
    let genesys = View::Genesys.shape(&item(&row)).unwrap();
    let info: Value = serde_json::from_str(genesys["verification_info"].as_str().unwrap()).unwrap();
    assert_eq!(info, json!({"ground_truth": "6"}));
    // Python's literals know no null.
    assert!(!genesys["metadata"].as_str().unwrap().contains("null"));
    let batch = columns::batch(&View::Verl.fields(), &[verl]).unwrap();
    let extra = batch.column_by_name("extra_info").unwrap().as_struct();
    let index = extra.column_by_name("index").unwrap();
    assert_eq!(
        index
            .as_primitive::<arrow_array::types::Int64Type>()
            .value(0),
        7
    );
    assert!(extra.column_by_name("domain").unwrap().is_null(0));
}
