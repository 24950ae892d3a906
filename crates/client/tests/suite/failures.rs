//! Each class of failure, and what is promised for it.

use crate::common::{
    chat, client, client_of, echo, fatal, no_env, reply, scripted, settings, spawn,
};
use caco_client::{Class, Client, Clock, Failure, Finish, Settings, Tuning};
use caco_scripted::{Fault, Said, Wording};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[tokio::test]
async fn what_can_succeed_is_tried_again() {
    let expected = [
        (Fault::RateLimit, Class::RateLimit),
        (Fault::RateLimitHeaders, Class::RateLimit),
        (Fault::Unavailable, Class::Overload),
        (Fault::Internal, Class::Overload),
        (Fault::Html, Class::Overload),
        (Fault::Overloaded, Class::Overload),
        (Fault::RequestTimeout, Class::Timeout),
        (Fault::GatewayTimeout, Class::Timeout),
        (Fault::Dropped, Class::Connection),
        (Fault::Half, Class::Connection),
        (Fault::NotJson, Class::Malformed),
        (Fault::NoChoices, Class::Malformed),
    ];
    for (fault, class) in expected {
        let server = echo();
        let client = client(&server);
        server.next(&[fault, fault]);
        let reply = reply(&client, "x").await;
        assert_eq!(
            (reply.text.as_str(), reply.attempts),
            ("echo x", 3),
            "{fault:?}"
        );
        let snapshot = client.snapshot();
        let retried: Vec<_> = snapshot.retried.into_iter().collect();
        assert_eq!(retried, [(class, 2)], "{fault:?}");
        assert_eq!(
            (snapshot.sent, snapshot.succeeded, snapshot.in_flight),
            (3, 1, 0),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_reply_that_the_server_gave_up_is_tried_again() {
    let count = AtomicUsize::new(0);
    let server = scripted(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Said::text("half a rep").finished("abort"),
        1 => Said::error(200, json!({"error": {"message": "upstream", "code": 503}})),
        _ => Said::text("whole"),
    });
    let client = client(&server);
    let reply = reply(&client, "x").await;
    assert_eq!((reply.text.as_str(), reply.attempts), ("whole", 3));
    assert_eq!(client.snapshot().retried[&Class::Overload], 2);
}

#[tokio::test]
async fn a_late_reply_is_a_timeout() {
    let server = echo();
    server.hold();
    let (client, _) = client_of(Settings {
        deadline_seconds: 0.03,
        give_up_seconds: 2.0,
        ..settings(&[&server])
    });
    let (class, message, hint) = fatal(client.ask(&chat("x")).await.unwrap_err());
    assert_eq!(class, Class::Timeout);
    assert!(message.contains("no reply within 0.03 s"), "{message}");
    assert!(hint.contains("deadline_seconds"), "{hint}");
    assert!(client.snapshot().limit < 16);
}

#[tokio::test]
async fn a_server_is_left_alone_for_as_long_as_it_asks() {
    let server = echo();
    let (client, clock) = client_of(settings(&[&server]));
    server.next(&[Fault::RetryAfter(7)]);
    let start = Instant::now();
    assert_eq!(reply(&client, "x").await.attempts, 2);
    assert!(start.elapsed() + clock.leapt() >= Duration::from_secs(7));
    assert!(clock.leapt() <= Duration::from_secs(7));
}

#[tokio::test]
async fn waits_without_a_word_of_the_server_stay_below_their_doubling_ends() {
    let server = echo();
    let (client, clock) = client_of(settings(&[&server]));
    server.next(&[Fault::NotJson; 6]);
    assert_eq!(reply(&client, "x").await.attempts, 7);
    // 0.5 + 1 + 2 + 4 + 8 + 16.
    assert!(clock.leapt() <= Duration::from_millis(31_500));
    assert!(clock.leapt() > Duration::ZERO);
}

#[tokio::test]
async fn used_up_attempts_are_the_rows_failure_while_others_succeed() {
    let server = scripted(|asked| match asked.prompt.last() {
        "bad" => Said::error(
            500,
            json!({"error": {"message": "assertion failed", "code": 500}}),
        ),
        _ => Said::text("good"),
    });
    let (client, _) = client_of(Settings {
        attempts: 4,
        give_up_seconds: 2_592_000.0,
        ..settings(&[&server])
    });
    let bad = spawn(&client, "bad");
    while !bad.is_finished() {
        assert_eq!(reply(&client, "good").await.text, "good");
    }
    match bad.await.unwrap().unwrap_err() {
        Failure::NoReply {
            class,
            attempts,
            message,
        } => {
            assert_eq!(class, Class::Overload);
            assert!(attempts >= 4);
            assert!(
                message.contains("status 500: assertion failed"),
                "{message}"
            );
            assert_eq!(
                client.snapshot().retried[&Class::Overload],
                u64::from(attempts)
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(reply(&client, "good").await.text, "good");
}

#[tokio::test]
async fn a_model_that_never_answers_ends_the_run_with_its_addresses() {
    let server = echo();
    let mut settings = settings(&[&server]);
    settings.base_url.push("http://127.0.0.1:1/v1".to_owned());
    settings.attempts = 3;
    let first = settings.base_url[0].clone();
    drop(server);
    let (client, clock) = client_of(settings);
    let calls: Vec<_> = (0..20)
        .map(|index| spawn(&client, &index.to_string()))
        .collect();
    for call in calls {
        let (class, message, hint) = fatal(call.await.unwrap().unwrap_err());
        assert_eq!(class, Class::Connection);
        assert!(
            message.contains(&first) && message.contains("http://127.0.0.1:1/v1"),
            "{message}"
        );
        assert!(message.contains("model solver"), "{message}");
        assert!(hint.contains("start the server"), "{hint}");
    }
    assert!(clock.leapt() >= Duration::from_secs(500));
    let sent = client.snapshot().sent;
    fatal(client.ask(&chat("later")).await.unwrap_err());
    assert_eq!(client.snapshot().sent, sent);
}

#[tokio::test]
async fn a_wrong_key_ends_the_run() {
    for status in [401, 403] {
        let server = scripted(move |_| Said::error(status, json!({"error": {"message": "no"}})));
        let (class, message, hint) = fatal(client(&server).ask(&chat("x")).await.unwrap_err());
        assert_eq!(class, Class::Auth);
        assert!(
            message.contains(&format!("status {status}: no")),
            "{message}"
        );
        assert!(hint.contains("OPENAI_API_KEY"), "{hint}");
        assert_eq!(server.counts().received, 1);
    }
}

#[tokio::test]
async fn an_unknown_model_ends_the_run_and_names_those_there_are() {
    let server = echo();
    server.always(Some(Fault::NoModel));
    let (client, _) = client_of(Settings {
        model: "other".to_owned(),
        ..settings(&[&server])
    });
    let (class, message, hint) = fatal(client.ask(&chat("x")).await.unwrap_err());
    assert_eq!(class, Class::NotFound);
    assert!(message.contains("status 404"), "{message}");
    assert_eq!(hint, "set `model` to one that the server has: scripted");
}

#[tokio::test]
async fn a_wrong_path_ends_the_run() {
    let server = echo();
    let base = server.url().replace("/v1", "/v2");
    let (client, _) = client_of(Settings {
        base_url: vec![base],
        ..settings(&[&server])
    });
    let (class, _, hint) = fatal(client.ask(&chat("x")).await.unwrap_err());
    assert_eq!(class, Class::NotFound);
    assert!(hint.contains("/v1"), "{hint}");
}

#[tokio::test]
async fn want_of_credit_ends_the_run() {
    let server = echo();
    server.always(Some(Fault::NoCredit));
    assert_eq!(
        fatal(client(&server).ask(&chat("x")).await.unwrap_err()).0,
        Class::Quota
    );
    let server =
        scripted(|_| Said::error(402, json!({"error": {"message": "Insufficient credits"}})));
    assert_eq!(
        fatal(client(&server).ask(&chat("x")).await.unwrap_err()).0,
        Class::Quota
    );
}

fn picky(word: &'static str) -> caco_scripted::Server {
    scripted(move |asked| match asked.prompt.last() {
        said if said.contains(word) => {
            Said::error(422, json!({"detail": [{"msg": "no such field"}]}))
        }
        _ => Said::text("good"),
    })
}

#[tokio::test]
async fn a_refusal_among_successes_is_the_rows() {
    let server = picky("bad");
    let client = client(&server);
    // Neither has an outcome when the other one is sent: the refused one waits for the other's.
    let (bad, good) = (chat("bad"), chat("good"));
    let (bad, good) = tokio::join!(client.ask(&bad), client.ask(&good));
    assert_eq!(good.unwrap().reply.text, "good");
    match bad.unwrap_err() {
        Failure::Refused { message } => assert!(message.contains("no such field"), "{message}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        client.ask(&chat("bad")).await,
        Err(Failure::Refused { .. })
    ));
    assert_eq!(client.snapshot().sent, 3);
}

#[tokio::test]
async fn refusals_of_all_first_requests_end_the_run() {
    for calls in [1, 5, 100] {
        let server = picky("");
        let client = client(&server);
        let calls: Vec<_> = (0..calls)
            .map(|index| spawn(&client, &index.to_string()))
            .collect();
        for call in calls {
            let (class, message, hint) = fatal(call.await.unwrap().unwrap_err());
            assert_eq!(class, Class::InvalidRequest);
            assert!(message.contains("no such field"), "{message}");
            assert!(hint.contains("extra_body"), "{hint}");
        }
        assert!(server.counts().received <= 64);
    }
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_a_reply() {
    for wording in [
        Wording::Vllm,
        Wording::OpenAi,
        Wording::LlamaCpp,
        Wording::Sglang,
    ] {
        let server = scripted(move |_| Said::too_long(wording));
        let reply = reply(&client(&server), "x").await;
        assert_eq!(
            (reply.finish, reply.text.as_str()),
            (Finish::ContextOverflow, ""),
            "{wording:?}"
        );
        assert_eq!(server.counts().received, 1);
    }
}

#[tokio::test]
async fn filtered_cut_and_empty_are_replies() {
    let server = scripted(|asked| match asked.prompt.last() {
        "prompt" => Said::filtered(),
        "reply" => Said::text("par").finished("content_filter"),
        "long" => Said::text("as far as").finished("length"),
        "tools" => Said::text("").finished("tool_calls"),
        _ => Said::text(""),
    });
    let client = client(&server);
    let expected = [
        ("prompt", "", Finish::ContentFilter),
        ("reply", "par", Finish::ContentFilter),
        ("long", "as far as", Finish::Length),
        ("tools", "", Finish::Other("tool_calls".to_owned())),
        ("empty", "", Finish::Stop),
    ];
    for (question, text, finish) in expected {
        let reply = reply(&client, question).await;
        assert_eq!(
            (reply.text.as_str(), reply.finish),
            (text, finish),
            "{question}"
        );
    }
    assert_eq!(client.snapshot().sent, 5);
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_no_connection() {
    let server = echo();
    let base = server.url().replace("http:", "https:");
    let settings = Settings {
        base_url: vec![base],
        give_up_seconds: 5.0,
        ..settings(&[&server])
    };
    let tuning = Tuning {
        clock: Clock::leaping(),
        ..Tuning::default()
    };
    match Client::with("solver", settings, &no_env, tuning) {
        Ok(client) => assert_eq!(
            fatal(client.ask(&chat("x")).await.unwrap_err()).0,
            Class::Connection
        ),
        // A machine without certificates cannot speak it itself.
        Err(wrong) => assert!(wrong.hint.contains("ca-certificates"), "{wrong}"),
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = scripted(|_| Said::error(307, json!({})));
    let (class, message, _) = fatal(client(&server).ask(&chat("x")).await.unwrap_err());
    assert_eq!(class, Class::NotFound);
    assert!(message.contains("status 307"), "{message}");
    assert_eq!(server.counts().received, 1);
}

#[tokio::test]
async fn the_last_row_on_which_a_server_breaks_is_no_reason_to_give_it_up() {
    let broken = || {
        scripted(|asked| match asked.prompt.last() {
            "bad" => Said::error(500, json!({"error": {"message": "assertion failed"}})),
            _ => Said::text("good"),
        })
    };
    let bad = |before: fn(&Client)| async move {
        let server = broken();
        let (client, _) = client_of(Settings {
            give_up_seconds: 30.0,
            ..settings(&[&server])
        });
        before(&client);
        client.ask(&chat("bad")).await.unwrap_err()
    };
    // Nothing ever succeeded: the server may be at fault.
    assert_eq!(fatal(bad(|_| {}).await).0, Class::Overload);
    // It replied in an earlier process, and still lists its models.
    let failure = bad(Client::has_succeeded_before).await;
    assert!(
        matches!(
            failure,
            Failure::NoReply {
                class: Class::Overload,
                ..
            }
        ),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_refusal_of_the_last_row_is_its_own_after_earlier_successes() {
    let server = picky("bad");
    let client = client(&server);
    client.has_succeeded_before();
    let failure = client.ask(&chat("bad")).await.unwrap_err();
    assert!(matches!(failure, Failure::Refused { .. }), "{failure:?}");
}
