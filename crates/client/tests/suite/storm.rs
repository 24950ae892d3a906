//! Many calls while everything that can pass goes wrong.

use crate::common::{chat, client_of, settings};
use caco_client::Class;
use caco_scripted::{Asked, Faults, Said, Server};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;

const CALLS: usize = 2_000;

async fn storm(servers: usize, seed: u64) {
    let script =
        |asked: &Asked| Said::text(format!("echo {} {:?}", asked.prompt.last(), asked.seed));
    let start =
        |index| Server::start(Arc::new(script), Faults::passing(seed + index as u64, 0.3)).unwrap();
    let servers: Vec<Server> = (0..servers).map(start).collect();
    let mut settings = settings(&servers.iter().collect::<Vec<_>>());
    // A clock that leaps over every wait makes hours of them.
    settings.give_up_seconds = 2_592_000.0;
    let (client, _) = client_of(settings);
    let mut calls = JoinSet::new();
    let mut answered = BTreeSet::new();
    for index in 0..CALLS {
        if calls.len() == 64 {
            assert!(answered.insert(calls.join_next().await.unwrap().unwrap()));
        }
        let client = client.clone();
        calls.spawn(async move {
            let mut request = chat(&format!("question {index}"));
            request.seed = Some(index as u64);
            let answered = client.ask(&request).await.unwrap();
            assert_eq!(
                answered.reply.text,
                format!("echo question {index} Some({index})")
            );
            index
        });
    }
    while let Some(call) = calls.join_next().await {
        assert!(answered.insert(call.unwrap()));
    }
    assert_eq!(answered.len(), CALLS);
    let snapshot = client.snapshot();
    assert_eq!((snapshot.succeeded, snapshot.in_flight), (CALLS as u64, 0));
    let received: u64 = servers.iter().map(|server| server.counts().received).sum();
    let completed: u64 = servers.iter().map(|server| server.counts().completed).sum();
    // Nothing is asked that is not counted, and nothing is asked again that was answered.
    assert_eq!((received, completed), (snapshot.sent, CALLS as u64));
    assert_eq!(
        snapshot.sent - snapshot.succeeded,
        snapshot.retried.values().sum::<u64>()
    );
    for class in [
        Class::RateLimit,
        Class::Overload,
        Class::Timeout,
        Class::Connection,
        Class::Malformed,
    ] {
        assert!(snapshot.retried[&class] > 20, "{:?}", snapshot.retried);
    }
}

#[tokio::test]
async fn every_call_is_answered_once() {
    storm(1, 11).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_answered_once_by_several_replicas_and_threads() {
    storm(3, 23).await;
}
