//! The bodies of requests.

use crate::common::{chat, client_of, no_env, scripted, settings};
use caco_client::{
    Client, Endpoint, Input, MaxTokensField, Message, Params, Request, Role, Settings,
};
use caco_scripted::Said;
use serde_json::{Value, json};

fn with(settings: Settings) -> Client {
    let settings = Settings {
        base_url: vec!["http://127.0.0.1:1/v1".to_owned()],
        model: "m".to_owned(),
        ..settings
    };
    Client::new("solver", settings, &no_env).unwrap()
}

fn request(input: Input) -> Request {
    Request {
        input,
        params: Params {
            temperature: 0.7,
            top_p: 0.95,
            top_k: Some(20),
            min_p: Some(0.0),
            max_tokens: 64,
            stop: vec!["\n\n".to_owned()],
            n: 1,
            response_format: Some(json!({"type": "json_object"})),
        },
        seed: Some(u64::MAX),
    }
}

fn messages() -> Input {
    let message = |role, content: &str| Message {
        role,
        content: content.to_owned(),
    };
    Input::Chat(vec![
        message(Role::System, "Be \"brief\"."),
        message(Role::User, "1+1?"),
    ])
}

fn extra(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_chat_is_sent_so() {
    let (path, body) = with(Settings::default()).body(&request(messages()));
    assert_eq!(path, "/v1/chat/completions");
    assert_eq!(
        body.to_string(),
        r#"{"model":"m","messages":[{"role":"system","content":"Be \"brief\"."},{"role":"user","content":"1+1?"}],"temperature":0.7,"top_p":0.95,"top_k":20,"min_p":0.0,"max_tokens":64,"stop":["\n\n"],"seed":9223372036854775807,"stream":false}"#
    );
}

#[test]
fn raw_text_is_sent_so() {
    let plain = Request {
        input: Input::Raw("def f".to_owned()),
        params: Params::default(),
        seed: None,
    };
    let settings = Settings {
        logprobs: true,
        max_tokens_field: MaxTokensField::MaxCompletionTokens,
        ..Settings::default()
    };
    let (path, body) = with(settings).body(&plain);
    assert_eq!(path, "/v1/completions");
    assert_eq!(
        body.to_string(),
        r#"{"model":"m","prompt":"def f","temperature":1.0,"top_p":1.0,"max_tokens":1024,"logprobs":1,"stream":false}"#
    );
}

#[test]
fn settings_change_what_is_sent() {
    let settings = Settings {
        send_seed: false,
        logprobs: true,
        structured_output: true,
        max_tokens_field: MaxTokensField::MaxCompletionTokens,
        extra_body: extra(
            json!({"top_k": -1, "temperature": null, "chat_template_kwargs": {"enable_thinking": false}}),
        ),
        ..Settings::default()
    };
    let (_, body) = with(settings).body(&request(messages()));
    let expected = json!({
        "model": "m",
        "messages": [{"role": "system", "content": "Be \"brief\"."}, {"role": "user", "content": "1+1?"}],
        "top_p": 0.95, "min_p": 0.0, "max_completion_tokens": 64, "stop": ["\n\n"], "logprobs": true,
        "response_format": {"type": "json_object"}, "stream": false, "top_k": -1,
        "chat_template_kwargs": {"enable_thinking": false}
    });
    assert_eq!(body, expected);
}

#[test]
fn messages_may_go_to_the_other_endpoint() {
    let settings = Settings {
        endpoint: Endpoint::Completions,
        ..Settings::default()
    };
    let (path, body) = with(settings).body(&request(messages()));
    assert_eq!(path, "/v1/completions");
    assert_eq!(
        body["prompt"],
        "system: Be \"brief\".\n\nuser: 1+1?\n\nassistant:"
    );
    assert_eq!(body.get("messages"), None);
}

#[tokio::test]
async fn what_is_sent_is_what_body_says() {
    let server = scripted(|asked| Said::text(format!("{} {}", asked.path, asked.body)));
    let (client, _) = client_of(settings(&[&server]));
    for request in [
        request(messages()),
        request(Input::Raw("def f".to_owned())),
        chat("x"),
    ] {
        let (path, body) = client.body(&request);
        let reply = client.ask(&request).await.unwrap().reply;
        assert_eq!(reply.text, format!("{path} {body}"));
    }
}

#[test]
fn the_identity_holds_what_decides_a_reply_and_nothing_else() {
    let base = Settings {
        model: "m".to_owned(),
        ..Settings::default()
    };
    let decided = [
        Settings {
            model: "n".to_owned(),
            ..base.clone()
        },
        Settings {
            endpoint: Endpoint::Completions,
            ..base.clone()
        },
        Settings {
            extra_body: extra(json!({"top_k": 1})),
            ..base.clone()
        },
        Settings {
            structured_output: true,
            ..base.clone()
        },
        Settings {
            send_seed: false,
            ..base.clone()
        },
    ];
    for other in decided {
        assert_ne!(other.identity(), base.identity(), "{other:?}");
    }
    let moved = Settings {
        base_url: vec!["http://elsewhere/v1".to_owned()],
        api_key_env: Some("OTHER".to_owned()),
        max_in_flight: 1,
        attempts: 1,
        deadline_seconds: 1.0,
        ..base.clone()
    };
    assert_eq!(moved.identity(), base.identity());
    let ordered = |value| {
        Settings {
            extra_body: extra(value),
            ..base.clone()
        }
        .identity()
    };
    assert_eq!(
        ordered(json!({"a": {"b": 1, "c": 2}, "d": 3})),
        ordered(json!({"d": 3, "a": {"c": 2, "b": 1}}))
    );
}
