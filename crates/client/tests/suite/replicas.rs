//! Several servers of one model.

use crate::common::{client_of, echo, no_env, reply, scripted, settings, spawn};
use caco_client::{Client, Health, Tuning};
use caco_scripted::{Asked, Faults, Options, Said, Server};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn the_least_busy_one_is_asked() {
    let (first, second) = (echo(), echo());
    let (client, _) = client_of(settings(&[&first, &second]));
    first.hold();
    second.hold();
    let calls: Vec<_> = (0..20)
        .map(|index| spawn(&client, &index.to_string()))
        .collect();
    first.wait_for(|counts| counts.in_flight == 10).await;
    second.wait_for(|counts| counts.in_flight == 10).await;
    second.release();
    while client.snapshot().in_flight > 10 {
        tokio::task::yield_now().await;
    }
    let more: Vec<_> = (20..30)
        .map(|index| spawn(&client, &index.to_string()))
        .collect();
    for call in more {
        call.await.unwrap().unwrap();
    }
    assert_eq!(
        (first.counts().received, second.counts().received),
        (10, 20)
    );
    first.release();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

async fn all_succeed(client: &Client, calls: std::ops::Range<usize>) {
    let calls: Vec<_> = calls
        .map(|index| (index, spawn(client, &index.to_string())))
        .collect();
    for (index, call) in calls {
        assert_eq!(call.await.unwrap().unwrap().text, format!("echo {index}"));
    }
}

#[tokio::test]
async fn a_dying_replica_is_left_out_until_it_is_back() {
    let (first, second) = (echo(), echo());
    // Real time: a clock that leaps to each probe would leap over the other one's replies.
    let tuning = Tuning {
        backoff_base: Duration::from_millis(1),
        backoff_cap: Duration::from_millis(20),
        ..Tuning::default()
    };
    let client = Client::with("solver", settings(&[&first, &second]), &no_env, tuning).unwrap();
    all_succeed(&client, 0..200).await;
    assert!(second.counts().completed > 0);
    let port: u16 = second
        .url()
        .rsplit([':', '/'])
        .find_map(|part| part.parse().ok())
        .unwrap();
    // Dies with calls under way.
    second.hold();
    let cut: Vec<_> = (200..240)
        .map(|index| (index, spawn(&client, &index.to_string())))
        .collect();
    second.wait_for(|counts| counts.in_flight > 0).await;
    drop(second);
    for (index, call) in cut {
        assert_eq!(call.await.unwrap().unwrap().text, format!("echo {index}"));
    }
    all_succeed(&client, 240..600).await;
    let states = client.snapshot().replicas;
    assert_eq!((states[0].healthy, states[1].healthy), (true, false));
    let script = |asked: &Asked| Said::text(format!("echo {}", asked.prompt.last()));
    let options = Options {
        port,
        ..Options::default()
    };
    let back = Server::with(Arc::new(script), Faults::none(), options).unwrap();
    let mut index = 600;
    while !client.snapshot().replicas[1].healthy {
        assert!(index < 50_000, "it never came back");
        all_succeed(&client, index..index + 20).await;
        index += 20;
    }
    let before = back.counts().completed;
    all_succeed(&client, 50_000..50_200).await;
    assert!(back.counts().completed >= before + 16);
}

#[tokio::test]
async fn a_replica_that_asks_to_be_left_alone_delays_no_call() {
    let (busy, free) = (
        scripted(|_| Said::text("busy")),
        scripted(|_| Said::text("free")),
    );
    let (client, _) = client_of(settings(&[&busy, &free]));
    busy.always(Some(caco_scripted::Fault::RateLimit));
    for index in 0..50 {
        assert_eq!(reply(&client, &index.to_string()).await.text, "free");
    }
}

#[tokio::test]
async fn replicas_say_what_they_serve() {
    let server = echo();
    let mut settings = settings(&[&server]);
    settings.base_url.push("http://127.0.0.1:1/v1".to_owned());
    let (client, _) = client_of(settings);
    let reports = client.models().await;
    let models = reports[0].models.as_ref().unwrap();
    assert_eq!(
        (models[0].id.as_str(), models[0].max_model_len),
        ("scripted", Some(4096))
    );
    assert_eq!(reports[0].health, Health::Ready);
    assert!(
        reports[1].models.as_ref().unwrap_err().contains("refused"),
        "{reports:?}"
    );
    assert!(matches!(reports[1].health, Health::Failed(_)));
}
