//! How many calls run at a time, and who waits for whom.

use crate::common::{chat, client, client_of, echo, reply, scripted, settings, spawn};
use caco_client::{Failure, Settings};
use caco_scripted::{Fault, Said};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_limit_starts_low_and_grows_while_it_holds_calls_back() {
    let server = echo();
    let client = client(&server);
    server.hold();
    let calls: Vec<_> = (0..300)
        .map(|index| spawn(&client, &index.to_string()))
        .collect();
    server.wait_for(|counts| counts.in_flight == 16).await;
    assert_eq!(
        (client.snapshot().in_flight, client.snapshot().limit),
        (16, 16)
    );
    server.release();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(
        (client.snapshot().in_flight, client.snapshot().limit),
        (0, 64)
    );
    assert!(server.counts().max_in_flight <= 64);
}

#[tokio::test]
async fn the_limit_stays_where_calls_are_few() {
    let server = echo();
    let client = client(&server);
    for index in 0..100 {
        reply(&client, &index.to_string()).await;
    }
    assert_eq!(client.snapshot().limit, 16);
}

#[tokio::test]
async fn the_limit_falls_once_for_each_round_trip() {
    let server = echo();
    let (client, _) = client_of(Settings {
        max_in_flight: 10,
        ..settings(&[&server])
    });
    server.hold();
    server.next(&[
        Fault::RateLimit,
        Fault::Unavailable,
        Fault::Overloaded,
        Fault::GatewayTimeout,
    ]);
    let calls: Vec<_> = (0..4)
        .map(|index| spawn(&client, &index.to_string()))
        .collect();
    server.wait_for(|counts| counts.in_flight == 4).await;
    server.release();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(client.snapshot().limit, 7);
    server.next(&[Fault::RateLimit]);
    reply(&client, "x").await;
    assert_eq!(client.snapshot().limit, 4);
    // An error of the server's own says nothing about how many calls it takes.
    server.next(&[Fault::Internal, Fault::Dropped, Fault::NotJson]);
    reply(&client, "y").await;
    assert_eq!(client.snapshot().limit, 4);
}

#[tokio::test]
async fn a_slot_is_free_once_its_permit_is_dropped() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    let server = scripted(move |asked| {
        seen.lock().unwrap().push(asked.prompt.last().to_owned());
        Said::text("")
    });
    let (client, _) = client_of(Settings {
        max_in_flight: 1,
        ..settings(&[&server])
    });
    let first = client.ask(&chat("first")).await.unwrap();
    let waiting = [spawn(&client, "second"), spawn(&client, "third")];
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.snapshot().in_flight, 1);
    log.lock().unwrap().push("durable".to_owned());
    drop(first.permit);
    for call in waiting {
        drop(call.await.unwrap().unwrap());
    }
    assert_eq!(
        *log.lock().unwrap(),
        ["first", "durable", "second", "third"]
    );
}

#[tokio::test]
async fn a_permit_may_be_taken_before_its_request_is_made() {
    let server = echo();
    let (client, _) = client_of(Settings {
        max_in_flight: 1,
        ..settings(&[&server])
    });
    let permit = client.permit().await.unwrap();
    assert_eq!(client.snapshot().in_flight, 1);
    let answered = client.ask_with(permit, &chat("x")).await.unwrap();
    assert_eq!(answered.reply.text, "echo x");
    drop(answered);
    assert_eq!(client.snapshot().in_flight, 0);
}

#[tokio::test]
async fn a_dropped_call_gives_its_slot_back() {
    let server = echo();
    let (client, _) = client_of(Settings {
        max_in_flight: 1,
        ..settings(&[&server])
    });
    server.hold();
    let (sent, waiting) = (spawn(&client, "sent"), spawn(&client, "waiting"));
    server.wait_for(|counts| counts.in_flight == 1).await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    assert_eq!(client.snapshot().in_flight, 0);
    // The server hears of it, too.
    server.wait_for(|counts| counts.in_flight == 0).await;
    server.release();
    assert_eq!(reply(&client, "next").await.text, "echo next");
}

#[tokio::test]
async fn closing_ends_what_was_not_sent() {
    let server = echo();
    let (client, _) = client_of(Settings {
        max_in_flight: 1,
        ..settings(&[&server])
    });
    server.hold();
    let (sent, waiting) = (spawn(&client, "sent"), spawn(&client, "waiting"));
    server.wait_for(|counts| counts.in_flight == 1).await;
    client.close();
    assert_eq!(waiting.await.unwrap().unwrap_err(), Failure::Cancelled);
    server.release();
    assert_eq!(sent.await.unwrap().unwrap().text, "echo sent");
    assert_eq!(
        client.ask(&chat("later")).await.unwrap_err(),
        Failure::Cancelled
    );
    assert_eq!(server.counts().received, 1);
}

#[tokio::test]
async fn requests_per_minute_are_kept() {
    let server = echo();
    let (client, clock) = client_of(Settings {
        requests_per_minute: Some(60),
        ..settings(&[&server])
    });
    let start = Instant::now();
    for index in 0..25 {
        reply(&client, &index.to_string()).await;
    }
    // Five leave at once, the others each a second after the one before.
    let passed = start.elapsed() + clock.leapt();
    assert!(passed >= Duration::from_millis(19_999), "{passed:?}");
    assert!(clock.leapt() <= Duration::from_secs(20), "{clock:?}");
}

#[tokio::test]
async fn tokens_per_minute_go_by_what_the_server_counts() {
    let server = scripted(|_| Said {
        prompt_tokens: Some(5),
        completion_tokens: Some(5),
        ..Said::text("x")
    });
    let (client, clock) = client_of(Settings {
        tokens_per_minute: Some(60_000),
        ..settings(&[&server])
    });
    // Estimated, each takes its 1024 tokens: 5 s let five leave, and 100 would take 97 s.
    for index in 0..100 {
        reply(&client, &index.to_string()).await;
    }
    assert_eq!(clock.leapt().as_secs(), 0);
}

#[test]
fn the_loopback_needs_no_proxy() {
    const CHILD: &str = "CACO_CLIENT_TEST_PROXY";
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let server = echo();
        let (client, _) = client_of(Settings {
            give_up_seconds: 1.0,
            ..settings(&[&server])
        });
        runtime.block_on(async { assert_eq!(reply(&client, "x").await.text, "echo x") });
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "flow::the_loopback_needs_no_proxy"])
        .env(CHILD, "1")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1")
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stdout)
    );
}
