//! What is read of an answer.

use crate::common::{chat, client, client_of, no_env, scripted, settings};
use caco_client::{Class, Client, Finish, Input, Price, Settings};
use caco_scripted::Said;
use serde_json::{Value, json};

fn reader() -> Client {
    let settings = Settings {
        base_url: vec!["http://127.0.0.1:1/v1".to_owned()],
        model: "m".to_owned(),
        ..Settings::default()
    };
    Client::new("solver", settings, &no_env).unwrap()
}

fn read(body: Value) -> caco_client::Reply {
    reader()
        .read_body(200, body.to_string().as_bytes())
        .unwrap()
}

fn message(message: Value) -> Value {
    json!({"model": "m-2024", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
}

#[tokio::test]
async fn every_part_of_a_reply_arrives() {
    let server = scripted(|_| Said {
        prompt_tokens: Some(11),
        completion_tokens: Some(6),
        ..Said::text("so: 42").reasoned("6 times 7")
    });
    let price = Price {
        input: 1.0,
        output: 10.0,
        cached_input: None,
        currency: "EUR".to_owned(),
    };
    let (client, _) = client_of(Settings {
        logprobs: true,
        price: Some(price),
        ..settings(&[&server])
    });
    let reply = client.ask(&chat("x")).await.unwrap().reply;
    assert_eq!(reply.text, "so: 42");
    assert_eq!(reply.reasoning.as_deref(), Some("6 times 7"));
    assert_eq!(reply.finish, Finish::Stop);
    assert_eq!(
        (reply.prompt_tokens, reply.completion_tokens, reply.attempts),
        (11, 6, 1)
    );
    assert_eq!(reply.logprob, Some(-3.0));
    assert_eq!(reply.served_model, "scripted");
    let mut raw = chat("");
    raw.input = Input::Raw("x".to_owned());
    let reply = client.ask(&raw).await.unwrap().reply;
    assert_eq!((reply.text.as_str(), reply.logprob), ("so: 42", Some(-3.0)));
    let snapshot = client.snapshot();
    assert_eq!(
        (snapshot.prompt_tokens, snapshot.completion_tokens),
        (22, 12)
    );
    assert!((snapshot.cost.unwrap() - (22.0 * 1.0 + 12.0 * 10.0) / 1e6).abs() < 1e-12);
}

#[tokio::test]
async fn without_a_price_the_cost_is_unknown() {
    let server = scripted(|_| Said::text("x"));
    let client = client(&server);
    client.ask(&chat("x")).await.unwrap();
    assert_eq!(client.snapshot().cost, None);
}

#[test]
fn thoughts_come_from_either_field_or_the_text() {
    for body in [
        json!({"content": "42", "reasoning_content": "hm"}),
        json!({"content": "42", "reasoning": "hm"}),
        json!({"content": "42", "reasoning_content": null, "reasoning": "hm"}),
        json!({"content": "<think>hm</think>\n42"}),
        json!({"content": "hm</think>42"}),
        json!({"content": [{"type": "text", "text": "<think>hm</think>"}, {"type": "text", "text": "42"}]}),
    ] {
        let reply = read(message(body.clone()));
        assert_eq!(
            (reply.text.as_str(), reply.reasoning.as_deref()),
            ("42", Some("hm")),
            "{body}"
        );
        assert_eq!(reply.served_model, "m-2024");
    }
    let reply = read(message(json!({"content": "<think>cut"})));
    assert_eq!(
        (reply.text.as_str(), reply.reasoning.as_deref()),
        ("", Some("cut"))
    );
    let reply = read(message(json!({"content": null, "reasoning_content": "hm"})));
    assert_eq!(
        (reply.text.as_str(), reply.reasoning.as_deref()),
        ("", Some("hm"))
    );
    let reply = read(message(json!({"content": "42", "reasoning_content": ""})));
    assert_eq!(reply.reasoning, None);
}

#[test]
fn cached_tokens_cost_less_where_the_price_says_so() {
    let mut body = message(json!({"content": "x"}));
    body["usage"] = json!({"prompt_tokens": 100, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 60}});
    let reply = read(body);
    assert_eq!((reply.prompt_tokens, reply.cached_tokens), (100, 60));
    let price = Price {
        input: 2.0,
        output: 0.0,
        cached_input: Some(0.5),
        currency: "USD".to_owned(),
    };
    assert!((price.of(100, 60, 7) - (40.0 * 2.0 + 60.0 * 0.5) / 1e6).abs() < 1e-12);
}

#[test]
fn answers_of_a_batch_are_classified_as_those_of_calls() {
    let client = reader();
    let class = |status, body: &str| client.read_body(status, body.as_bytes()).unwrap_err().class;
    assert_eq!(class(200, "{}"), Class::Malformed);
    assert_eq!(class(200, "[]"), Class::Malformed);
    assert_eq!(class(200, r#"{"choices": [{}]}"#), Class::Malformed);
    assert_eq!(
        class(200, r#"{"error": {"message": "x", "code": 429}}"#),
        Class::RateLimit
    );
    assert_eq!(class(302, ""), Class::NotFound);
    assert_eq!(class(400, "<html>"), Class::InvalidRequest);
    assert_eq!(
        class(
            429,
            r#"[{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}]"#
        ),
        Class::RateLimit
    );
    assert_eq!(class(500, "\u{0}"), Class::Overload);
    assert_eq!(class(524, ""), Class::Overload);
    let overflow = client.read_body(
        400,
        br#"{"error": {"message": "no", "code": "context_length_exceeded"}}"#,
    );
    assert_eq!(overflow.unwrap().finish, Finish::ContextOverflow);
}

#[tokio::test]
async fn several_replies_of_one_request() {
    let server = scripted(|asked| Said::text(format!("<think>Hm.</think>reply {}", asked.choice)));
    let client = client(&server);
    let mut request = chat("x");
    request.params.n = 3;
    assert_eq!(client.body(&request).1["n"], 3);
    let reply = client.ask(&request).await.unwrap().reply;
    let more: Vec<&str> = reply.more.iter().map(|own| own.text.as_str()).collect();
    assert_eq!(
        (reply.text.as_str(), more),
        ("reply 0", vec!["reply 1", "reply 2"])
    );
    assert!(
        reply
            .more
            .iter()
            .all(|own| own.reasoning.as_deref() == Some("Hm."))
    );
    // The tokens of all are in the count.
    let single = client.ask(&chat("x")).await.unwrap().reply;
    assert_eq!(reply.completion_tokens, single.completion_tokens * 3);
    assert!(client.body(&chat("x")).1.get("n").is_none());
    assert_eq!(server.counts().received, 2);
}
