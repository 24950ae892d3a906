//! A key is nowhere but in the header it is for.

use crate::common::{chat, fatal, scripted, settings};
use caco_client::{Client, Clock, Settings, Tuning};
use caco_scripted::{Fault, Said, Server};
use serde_json::json;

const KEY: &str = "sk-proj-0123456789abcdef";
const TENANT: &str = "tenant-77-secret";

fn env(name: &str) -> Option<String> {
    match name {
        "OPENAI_API_KEY" => Some(format!("{KEY}\n")),
        "TENANT" => Some(TENANT.to_owned()),
        "SHORT" => Some("EMPTY".to_owned()),
        _ => None,
    }
}

fn client(settings: Settings) -> Client {
    let tuning = Tuning {
        clock: Clock::leaping(),
        ..Tuning::default()
    };
    Client::with("solver", settings, &env, tuning).unwrap()
}

fn hidden(text: &str) {
    assert!(!text.contains(KEY) && !text.contains(TENANT), "{text}");
}

fn tattler() -> Server {
    scripted(|asked| {
        let key = asked.authorization.clone().unwrap_or_default();
        Said::text(format!("<think>{key}?</think>{key}!"))
            .reasoned(&key)
            .finished(&key)
    })
}

#[tokio::test]
async fn a_key_is_sent_and_shown_nowhere() {
    let server = tattler();
    let mut settings = settings(&[&server]);
    settings
        .headers
        .insert("x-tenant".to_owned(), "id ${TENANT}".to_owned());
    let client = client(settings);
    hidden(&format!("{client:?}"));
    let reply = client.ask(&chat("x")).await.unwrap().reply;
    hidden(&format!("{reply:?}"));
    // It did come through.
    assert_eq!(reply.text, "Bearer [secret]!");
    server.always(Some(Fault::Unauthorized));
    let failure = client.ask(&chat("y")).await.unwrap_err();
    hidden(&format!("{failure:?} {failure}"));
    assert!(
        fatal(failure)
            .1
            .contains("Incorrect API key provided: Bearer [secret]")
    );
    hidden(&format!("{client:?} {:?}", client.snapshot()));
}

#[tokio::test]
async fn a_key_that_a_server_echoes_is_in_no_other_failure() {
    for status in [400, 404, 429, 500] {
        let server = scripted(move |asked| {
            let key = asked.authorization.clone().unwrap_or_default();
            Said::error(status, json!({"error": {"message": format!("bad: {key}")}}))
        });
        let client = client(Settings {
            give_up_seconds: 5.0,
            ..settings(&[&server])
        });
        let failure = client.ask(&chat("x")).await.unwrap_err();
        hidden(&format!("{failure:?} {failure}"));
        assert!(
            failure.to_string().contains("bad: Bearer [secret]"),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn words_that_stand_in_for_a_key_stay_in_replies() {
    let server = scripted(|_| Said::text("the set is EMPTY"));
    let client = client(Settings {
        api_key_env: Some("SHORT".to_owned()),
        ..settings(&[&server])
    });
    assert_eq!(
        client.ask(&chat("x")).await.unwrap().reply.text,
        "the set is EMPTY"
    );
}

#[tokio::test]
async fn headers_take_variables() {
    let server = scripted(|asked| Said::text(asked.authorization.clone().unwrap_or_default()));
    let mut settings = settings(&[&server]);
    settings
        .headers
        .insert("Authorization".to_owned(), "Token ${SHORT}".to_owned());
    // A header of one's own goes before the key.
    assert_eq!(
        client(settings.clone())
            .ask(&chat("x"))
            .await
            .unwrap()
            .reply
            .text,
        "Token EMPTY"
    );
    for (value, message) in [
        ("${NONE}", "names NONE"),
        ("${TENANT", "without"),
        ("${}", "without"),
    ] {
        settings
            .headers
            .insert("Authorization".to_owned(), value.to_owned());
        let wrong = Client::new("solver", settings.clone(), &env).unwrap_err();
        assert_eq!(wrong.key, "headers.Authorization");
        assert!(wrong.message.contains(message), "{wrong}");
    }
}
