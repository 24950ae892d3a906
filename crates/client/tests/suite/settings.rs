//! Settings, as files have them.

use crate::common::no_env;
use caco_client::{Client, Endpoint, MaxTokensField, Settings};

fn parse(yaml: &str) -> Result<Settings, String> {
    serde_norway::from_str(yaml).map_err(|error| error.to_string())
}

fn wrong(yaml: &str) -> (String, String) {
    let wrong = parse(yaml).unwrap().check().unwrap_err();
    (wrong.key.clone(), wrong.to_string())
}

#[test]
fn one_address_is_as_good_as_a_list() {
    let one = parse("model: m\nbase_url: http://a:8000/v1").unwrap();
    let list = parse("model: m\nbase_url:\n- http://a:8000/v1").unwrap();
    assert_eq!(one, list);
    one.check().unwrap();
    let again = parse(&serde_norway::to_string(&one).unwrap()).unwrap();
    assert_eq!(again, one);
}

#[test]
fn everything_can_be_set() {
    let settings = parse(
        "model: m\nbase_url: [http://a/v1, http://b/v1]\napi_key_env: KEY\nheaders: {X-Team: a, Authorization: 'Bearer ${KEY}'}\n\
         endpoint: completions\nmax_in_flight: 8\ndeadline_seconds: 5\nconnect_seconds: 1\nattempts: 3\ngive_up_seconds: 60\n\
         requests_per_minute: 100\ntokens_per_minute: 1000\nprice: {input: 1, output: 2}\nextra_body: {top_k: 1}\n\
         send_seed: false\nlogprobs: true\nstructured_output: true\nmax_tokens_field: max_completion_tokens\n",
    )
    .unwrap();
    settings.check().unwrap();
    assert_eq!(settings.endpoint, Endpoint::Completions);
    assert_eq!(
        settings.max_tokens_field,
        MaxTokensField::MaxCompletionTokens
    );
    assert_eq!(settings.price.as_ref().unwrap().currency, "USD");
    let again = parse(&serde_norway::to_string(&settings).unwrap()).unwrap();
    assert_eq!(again, settings);
}

#[test]
fn unknown_settings_are_refused() {
    assert!(
        parse("model: m\nmax_inflight: 3")
            .unwrap_err()
            .contains("max_inflight")
    );
    assert!(parse("model: m\nprice: {input: 1, output: 1, inptu: 1}").is_err());
}

#[test]
fn keys_are_refused_and_not_repeated() {
    let cases = [
        ("api_key_env: sk-proj-abc123", "api_key_env", "abc123"),
        ("api_key_env: hf_abcdefgh123", "api_key_env", "abcdefgh"),
        ("api_key_env: Bearer abc123", "api_key_env", "abc123"),
        ("api_key_env: abc-123", "api_key_env", "abc-123"),
        ("api_key_env: ''", "api_key_env", "zzz"),
        (
            "base_url: http://user:abc123@host/v1",
            "base_url[0]",
            "abc123",
        ),
        (
            "base_url: [http://a/v1, http://abc123@host/v1]",
            "base_url[1]",
            "abc123",
        ),
        (
            "headers: {Authorization: abc123}",
            "headers.Authorization",
            "abc123",
        ),
        ("headers: {api-key: abc123}", "headers.api-key", "abc123"),
        (
            "headers: {X-Auth-Token: abc123}",
            "headers.X-Auth-Token",
            "abc123",
        ),
        (
            "headers: {X-Other: Bearer abc123}",
            "headers.X-Other",
            "abc123",
        ),
        ("headers: {X-Other: sk-abc123}", "headers.X-Other", "abc123"),
    ];
    for (yaml, key, secret) in cases {
        let (path, text) = wrong(&format!("model: m\n{yaml}"));
        assert_eq!(path, key, "{yaml}");
        assert!(!text.contains(secret), "{text}");
        assert!(text.contains("environment variable"), "{text}");
    }
    let error = parse("model: m\napi_key: sk-abc123").unwrap_err();
    assert!(
        error.contains("api_key_env: OPENAI_API_KEY") && !error.contains("abc123"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_used_is_named() {
    let cases = [
        ("model: ''", "model"),
        ("model: m\nbase_url: host:8000/v1", "base_url[0]"),
        ("model: m\nbase_url: ftp://host/v1", "base_url[0]"),
        ("model: m\nbase_url: 'http://host/v1?key=1'", "base_url[0]"),
        ("model: m\nmax_in_flight: 0", "max_in_flight"),
        ("model: m\nattempts: 0", "attempts"),
        ("model: m\nrequests_per_minute: 0", "requests_per_minute"),
        ("model: m\ntokens_per_minute: 0", "tokens_per_minute"),
        ("model: m\ndeadline_seconds: 0", "deadline_seconds"),
        ("model: m\ngive_up_seconds: .nan", "give_up_seconds"),
        ("model: m\nconnect_seconds: .inf", "connect_seconds"),
        ("model: m\nprice: {input: -1, output: 1}", "price.input"),
        ("model: m\nheaders: {'a b': c}", "headers.a b"),
        ("model: m\nextra_body: {model: other}", "extra_body.model"),
        ("model: m\nextra_body: {stream: true}", "extra_body.stream"),
        (
            "model: m\nextra_body: {temperature: 0.1}",
            "extra_body.temperature",
        ),
    ];
    for (yaml, key) in cases {
        assert_eq!(wrong(yaml).0, key, "{yaml}");
    }
    parse("model: m\nextra_body: {temperature: null}")
        .unwrap()
        .check()
        .unwrap();
}

#[test]
fn the_environment_fills_what_is_not_set() {
    let settings = parse("model: m").unwrap();
    let wrong = Client::new("solver", settings.clone(), &no_env).unwrap_err();
    assert_eq!(wrong.key, "base_url");
    assert!(wrong.hint.contains("OPENAI_BASE_URL"), "{wrong}");
    let env = |name: &str| (name == "OPENAI_BASE_URL").then(|| "http://host:1/v1/".to_owned());
    let client = Client::new("solver", settings.clone(), &env).unwrap();
    assert_eq!(client.snapshot().replicas[0].url, "http://host:1/v1");
    let env = |_: &str| Some("nonsense".to_owned());
    assert_eq!(
        Client::new("solver", settings, &env).unwrap_err().key,
        "OPENAI_BASE_URL"
    );
    let settings = parse("model: m\nbase_url: http://a/v1\napi_key_env: MY_KEY").unwrap();
    let wrong = Client::new("solver", settings, &no_env).unwrap_err();
    assert_eq!(wrong.key, "api_key_env");
    assert!(wrong.to_string().contains("set MY_KEY"), "{wrong}");
}

#[test]
fn settings_are_a_variant_of_a_tagged_choice() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
    enum Model {
        Server(Box<Settings>),
    }
    let yaml = "kind: server\nmodel: m\nbase_url: http://a/v1\ntokens_per_minute: 10\nextra_body: {top_k: 3, x: [1.5]}\n";
    let Model::Server(settings) = serde_norway::from_str(yaml).unwrap();
    assert_eq!(settings.base_url, ["http://a/v1"]);
    assert_eq!(settings.extra_body["x"], serde_json::json!([1.5]));
    let again = serde_norway::to_string(&Model::Server(settings.clone())).unwrap();
    assert_eq!(
        serde_norway::from_str::<Model>(&again).unwrap(),
        Model::Server(settings)
    );
    assert!(serde_norway::from_str::<Model>("kind: server\nmodel: m\nmodle: n").is_err());
}
