//! Who may do what, and how much of it.

use crate::client::{Client, exchange, get, metric, post, program};
use crate::fake::{Instant, Server, config, outcome};
use caco_sandbox::Error;
use caco_sandbox::Status;
use caco_sandbox::serve::{ServeConfig, Token};
use std::net::SocketAddr;

const TOKEN: &str = "0123456789abcdef-secret";

fn fine() -> Instant {
    Instant(|_, _| Ok(outcome(Status::Ok)))
}

#[tokio::test]
async fn only_the_token_opens() {
    let guarded = ServeConfig {
        token: Some(Token::new(TOKEN).unwrap()),
        ..config()
    };
    assert!(!format!("{guarded:?}").contains("secret"));
    let server = Server::start(fine(), guarded).await;
    let with = async |value: &str| {
        let head = format!(
            "POST /run_code HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: {value}"
        );
        exchange(server.address, &head, &program("")).await
    };
    // base64 of `trainer:TOKEN`, as a client makes it of http://trainer:TOKEN@host/.
    let basic = "Basic dHJhaW5lcjowMTIzNDU2Nzg5YWJjZGVmLXNlY3JldA==";
    for right in [
        &format!("Bearer {TOKEN}"),
        &format!("bearer  {TOKEN}"),
        basic,
    ] {
        assert_eq!(with(right).await.status, 200, "{right}");
    }
    let wrong = [
        "Bearer",
        "Bearer ",
        "Bearer 0123456789abcdef-Secret",
        "Basic e",
        TOKEN,
    ];
    for wrong in wrong {
        let answer = with(wrong).await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_eq!(answer.body, r#"{"detail":"Not authenticated"}"#);
    }
    assert_eq!(post(server.address, &program("")).await.status, 401);
    assert_eq!(get(server.address, "/metrics").await.status, 401);
    for open in ["/", "/v1/ping", "/health"] {
        assert_eq!(get(server.address, open).await.status, 200, "{open}");
    }
    let head = format!("GET /metrics HTTP/1.1\r\nAuthorization: Bearer {TOKEN}");
    let metrics = exchange(server.address, &head, "").await;
    assert!(
        metrics
            .body
            .contains("caco_rejected_total{cause=\"unauthorized\"} 7\n")
    );
    assert!(!metrics.body.contains("secret"));
}

#[tokio::test]
async fn other_machines_need_a_token() {
    let everywhere = ServeConfig {
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
        ..config()
    };
    let error = everywhere.bind().unwrap_err();
    assert!(matches!(error, Error::Exposed { .. }));
    assert!(error.to_string().contains("Set a token"), "{error}");
    let anonymous = ServeConfig {
        allow_anonymous: true,
        ..everywhere.clone()
    };
    anonymous.bind().unwrap();
    let guarded = ServeConfig {
        token: Some(Token::new(TOKEN).unwrap()),
        ..everywhere.clone()
    };
    guarded.bind().unwrap();
    // A listener from elsewhere is looked at as well.
    let listener = tokio::net::TcpListener::bind(everywhere.address)
        .await
        .unwrap();
    let served = caco_sandbox::serve::serve(
        std::sync::Arc::new(fine()),
        everywhere,
        listener,
        std::future::pending(),
    );
    assert!(matches!(served.await, Err(Error::Exposed { .. })));
}

#[tokio::test]
async fn a_taken_port_and_a_wrong_setting_are_errors_with_a_remedy() {
    let first = config().bind().unwrap();
    let taken = ServeConfig {
        address: first.local_addr().unwrap(),
        ..config()
    };
    let error = taken.bind().unwrap_err();
    assert!(
        error.to_string().contains("Choose another address or port"),
        "{error}"
    );
    let wrong = ServeConfig {
        in_flight: 0,
        ..config()
    };
    let error = wrong.bind().unwrap_err().to_string();
    assert_eq!(
        error,
        "sandbox setting `in_flight`: must be from 1 to 65536"
    );
}

#[tokio::test]
async fn bodies_have_a_limit_announced_or_not() {
    let small = ServeConfig {
        body_bytes: 1024,
        ..config()
    };
    let server = Server::start(fine(), small).await;
    assert_eq!(
        post(server.address, &program(&"#".repeat(900)))
            .await
            .status,
        200
    );
    let head = "POST /run_code HTTP/1.1\r\nHost: test\r\nContent-Type: application/json";
    let announced = format!("{head}\r\nContent-Length: 1000000000\r\n\r\n");
    let chunked = format!(
        "{head}\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n{}\r\n",
        " ".repeat(2048)
    );
    for request in [announced, chunked] {
        let mut client = Client::connect(server.address).await;
        client.send_raw(&request).await;
        let answer = client.receive().await;
        assert_eq!(answer.status, 413);
        assert_eq!(
            answer.body,
            r#"{"detail":"the body has more than 1024 bytes"}"#
        );
    }
    assert_eq!(
        metric(server.address, "caco_rejected_total{cause=\"too_large\"}").await,
        2.0
    );
}

#[tokio::test]
async fn a_body_has_to_be_declared_as_json() {
    let server = Server::start(fine(), config()).await;
    let cases = [
        ("Content-Type: application/json; charset=utf-8", 200),
        ("Content-Type: application/problem+json", 200),
        ("Content-Type: text/plain", 422),
        ("Content-Type: application/x-www-form-urlencoded", 422),
        ("Accept: application/json", 422),
    ];
    for (header, status) in cases {
        let head = format!("POST /run_code HTTP/1.1\r\n{header}");
        let answer = exchange(server.address, &head, &program("")).await;
        assert_eq!(answer.status, status, "{header}");
    }
}

#[tokio::test]
async fn metrics_are_what_prometheus_reads() {
    let server = Server::start(fine(), config()).await;
    for _ in 0..3 {
        post(server.address, &program("")).await;
    }
    let page = get(server.address, "/metrics").await;
    assert_eq!(
        page.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let mut family = String::new();
    let mut buckets = Vec::new();
    for line in page.body.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            family = rest.split_once(' ').unwrap().0.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, family);
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(&family), "{line} in {family}");
            let value: f64 = value.parse().unwrap();
            if name.starts_with("caco_request_seconds_bucket{le=") {
                buckets.push(value);
            }
        }
    }
    assert!(
        buckets.is_sorted() && buckets.last() == Some(&3.0),
        "{buckets:?}"
    );
    for line in [
        "caco_programs_total{status=\"ok\"} 3",
        "caco_programs_by_tier_total{tier=\"own\"} 3",
        "caco_request_seconds_count 3",
        "caco_queue_depth 0",
        "caco_in_flight 0",
        "caco_draining 0",
    ] {
        assert!(
            page.body.lines().any(|found| found == line),
            "{line}\n{}",
            page.body
        );
    }
}
