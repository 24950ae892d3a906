//! Many requests, waiting ones, those that go away, and the end of the server.

use crate::client::{Client, get, metric, post, program, until};
use crate::fake::{Instant, Manual, Server, config, outcome};
use caco_sandbox::Status;
use caco_sandbox::serve::{ServeConfig, Served, WhenFull};
use serde_json::json;

const DEPTH: &str = "caco_queue_depth";

fn one_at_a_time(queue: usize) -> ServeConfig {
    ServeConfig {
        in_flight: 1,
        queue,
        ..config()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_get_their_own_answers() {
    let executor = Instant(|program, _| {
        let mut outcome = outcome(Status::Ok);
        outcome.stdout = format!("{}/{}", program.code, program.stdin);
        Ok(outcome)
    });
    let server = Server::start(executor, config()).await;
    let address = server.address;
    let tasks: Vec<_> = (0..200)
        .map(|i| {
            let request =
                json!({ "code": i.to_string(), "language": "python", "stdin": format!("in {i}") });
            tokio::spawn(async move { post(address, &request.to_string()).await })
        })
        .collect();
    for (i, task) in tasks.into_iter().enumerate() {
        let answer = task.await.unwrap();
        assert_eq!(answer.json()["run_result"]["stdout"], format!("{i}/in {i}"));
    }
    assert_eq!(
        metric(address, "caco_programs_total{status=\"ok\"}").await,
        200.0
    );
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let server = Server::start(Instant(|_, _| Ok(outcome(Status::Ok))), config()).await;
    let mut client = Client::connect(server.address).await;
    for body in [program("a"), "{}".into(), program("b")] {
        client.post(&body).await;
        let status = client.receive().await.status;
        assert_eq!(status, if body == "{}" { 422 } else { 200 });
    }
}

#[tokio::test]
async fn a_full_queue_turns_requests_down() {
    for (when_full, status) in [
        (WhenFull::TooManyRequests, 429),
        (WhenFull::GatewayTimeout, 504),
    ] {
        let (executor, mut calls) = Manual::new();
        let server = Server::start(
            executor,
            ServeConfig {
                when_full,
                ..one_at_a_time(1)
            },
        )
        .await;
        let (mut first, mut second) = (
            Client::connect(server.address).await,
            Client::connect(server.address).await,
        );
        first.post(&program("first")).await;
        let call = calls.recv().await.unwrap();
        second.post(&program("second")).await;
        until(server.address, DEPTH, 1.0).await;
        let third = post(server.address, &program("third")).await;
        assert_eq!(
            (third.status, third.header("retry-after")),
            (status, Some("1"))
        );
        assert_eq!(third.body, r#"{"detail":"the queue is full"}"#);
        // The others are none the worse for it.
        call.answer.send(Ok(outcome(Status::Ok))).unwrap();
        assert_eq!(first.receive().await.status, 200);
        let call = calls.recv().await.unwrap();
        assert_eq!(call.program.code, "second");
        call.answer.send(Ok(outcome(Status::Ok))).unwrap();
        assert_eq!(second.receive().await.status, 200);
        assert_eq!(
            metric(server.address, "caco_rejected_total{cause=\"queue_full\"}").await,
            1.0
        );
    }
}

#[tokio::test]
async fn a_turn_that_does_not_come_in_time_is_504() {
    let (executor, mut calls) = Manual::new();
    let impatient = ServeConfig {
        queue_seconds: 0.0,
        ..one_at_a_time(8)
    };
    let server = Server::start(executor, impatient).await;
    let mut first = Client::connect(server.address).await;
    first.post(&program("first")).await;
    let call = calls.recv().await.unwrap();
    assert_eq!(post(server.address, &program("second")).await.status, 504);
    call.answer.send(Ok(outcome(Status::Ok))).unwrap();
    assert_eq!(first.receive().await.status, 200);
}

#[tokio::test]
async fn a_client_that_hangs_up_cancels_its_program_and_gives_up_its_place() {
    let (executor, mut calls) = Manual::new();
    let server = Server::start(executor, one_at_a_time(1)).await;
    let mut running = Client::connect(server.address).await;
    running.post(&program("running")).await;
    let mut call = calls.recv().await.unwrap();
    let mut waiting = Client::connect(server.address).await;
    waiting.post(&program("waiting")).await;
    until(server.address, DEPTH, 1.0).await;
    drop(waiting);
    until(server.address, DEPTH, 0.0).await;
    drop(running);
    call.answer.closed().await;
    until(server.address, "caco_cancelled_total", 2.0).await;
    // Its place is free again.
    let mut next = Client::connect(server.address).await;
    next.post(&program("next")).await;
    let call = calls.recv().await.unwrap();
    assert_eq!(call.program.code, "next");
    call.answer.send(Ok(outcome(Status::Ok))).unwrap();
    assert_eq!(next.receive().await.status, 200);
}

#[tokio::test]
async fn a_drain_ends_what_was_taken_and_takes_no_more() {
    let (executor, mut calls) = Manual::new();
    let server = Server::start(executor, one_at_a_time(1)).await;
    let address = server.address;
    let mut idle = Client::connect(address).await;
    let mut running = Client::connect(address).await;
    running.post(&program("running")).await;
    let first = calls.recv().await.unwrap();
    let mut waiting = Client::connect(address).await;
    waiting.post(&program("waiting")).await;
    until(address, DEPTH, 1.0).await;

    server.stop.send(()).unwrap();
    until(address, "caco_draining", 1.0).await;
    let health = get(address, "/health").await;
    assert_eq!(
        (health.status, &health.json()["status"]),
        (503, &json!("draining"))
    );
    let late = post(address, &program("late")).await;
    assert_eq!((late.status, late.header("retry-after")), (503, Some("1")));
    assert_eq!(get(address, "/v1/ping").await.status, 200);

    first.answer.send(Ok(outcome(Status::Ok))).unwrap();
    assert_eq!(running.receive().await.status, 200);
    let second = calls.recv().await.unwrap();
    assert_eq!(second.program.code, "waiting");
    second.answer.send(Ok(outcome(Status::Error))).unwrap();
    assert_eq!(waiting.receive().await.json()["status"], "Failed");

    let served = server.done.await.unwrap().unwrap();
    assert_eq!(
        served,
        Served {
            programs: 2,
            cut_short: 0
        }
    );
    assert!(idle.is_closed().await && running.is_closed().await);
}

#[tokio::test]
async fn a_drain_has_a_deadline() {
    let (executor, mut calls) = Manual::new();
    let hasty = ServeConfig {
        drain_seconds: 0.0,
        ..one_at_a_time(1)
    };
    let server = Server::start(executor, hasty).await;
    let address = server.address;
    let mut client = Client::connect(address).await;
    client.post(&program("endless")).await;
    let mut call = calls.recv().await.unwrap();
    let served = server.stop().await;
    call.answer.closed().await;
    assert_eq!(
        served,
        Served {
            programs: 0,
            cut_short: 1
        }
    );
    let answer = client.receive().await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.body,
        r#"{"detail":"the server shut down before the program ended"}"#
    );
}

#[tokio::test]
async fn dropping_the_server_cancels_all() {
    let (executor, mut calls) = Manual::new();
    let server = Server::start(executor, one_at_a_time(1)).await;
    let mut client = Client::connect(server.address).await;
    client.post(&program("endless")).await;
    let mut call = calls.recv().await.unwrap();
    server.done.abort();
    call.answer.closed().await;
    assert!(client.is_closed().await);
}

/// What verl's reward client sends and reads, with what every Python has.
const PYTHON_CLIENT: &str = r#"
import json, sys, urllib.request
request = {"compile_timeout": 10, "run_timeout": 10, "code": "print(42)", "stdin": None, "memory_limit_MB": 1024,
           "language": "python", "files": {}, "fetch_files": []}
headers = {"Content-Type": "application/json", "Accept": "application/json"}
call = urllib.request.Request(sys.argv[1], json.dumps(request).encode(), headers)
answer = json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call))
run = answer["run_result"]
assert not answer.get("compile_result")
print(answer["status"], run["status"], run["return_code"], run["execution_time"], run["stdout"].rstrip("\n") + run["stderr"])
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_client_reads_the_answers() {
    let server = Server::start(Instant(|_, _| Ok(outcome(Status::Ok))), config()).await;
    let url = format!("http://{}/run_code", server.address);
    let mut python = std::process::Command::new("python3");
    python.args(["-c", PYTHON_CLIENT, &url]);
    let output = tokio::task::spawn_blocking(move || python.output().unwrap())
        .await
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        printed,
        "Success Finished 0 0.0125 42\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
