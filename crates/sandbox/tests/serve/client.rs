//! A client that speaks just enough HTTP/1.1, over a real connection.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub struct Client(BufReader<TcpStream>);

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    pub async fn send(&mut self, head: &str, body: &str) {
        let request = format!(
            "{head}\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.send_raw(&request).await;
    }

    pub async fn send_raw(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).await.unwrap();
    }

    /// Posts a program.
    pub async fn post(&mut self, body: &str) {
        self.send(
            "POST /run_code HTTP/1.1\r\nContent-Type: application/json",
            body,
        )
        .await;
    }

    /// The next answer. A server that says nothing for a minute fails the test instead of hanging it.
    pub async fn receive(&mut self) -> Answer {
        let answer = tokio::time::timeout(Duration::from_secs(60), self.read()).await;
        answer.expect("no answer came")
    }

    async fn read(&mut self) -> Answer {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(
                self.0.read_line(&mut line).await.unwrap() > 0,
                "closed early: {lines:?}"
            );
            if line == "\r\n" {
                break;
            }
            lines.push(line.trim_end().to_owned());
        }
        let status = lines.remove(0).split(' ').nth(1).unwrap().parse().unwrap();
        let pairs = lines.iter().map(|line| line.split_once(": ").unwrap());
        let headers: Vec<(String, String)> = pairs
            .map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer {
            status,
            headers,
            body: String::new(),
        };
        let length: usize = answer.header("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        answer.body = String::from_utf8(body).unwrap();
        answer
    }

    /// Whether the server has closed the connection.
    pub async fn is_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0]).await, Ok(0) | Err(_))
    }
}

/// One request over a connection of its own.
pub async fn exchange(address: SocketAddr, head: &str, body: &str) -> Answer {
    let mut client = Client::connect(address).await;
    client.send(head, body).await;
    client.receive().await
}

pub async fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(address, &format!("GET {path} HTTP/1.1"), "").await
}

pub async fn post(address: SocketAddr, body: &str) -> Answer {
    let head = "POST /run_code HTTP/1.1\r\nContent-Type: application/json";
    exchange(address, head, body).await
}

/// The body of a request that has only what it must have.
pub fn program(code: &str) -> String {
    serde_json::json!({ "code": code, "language": "python" }).to_string()
}

/// One sample of the metrics.
pub async fn metric(address: SocketAddr, name: &str) -> f64 {
    let page = get(address, "/metrics").await.body;
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or("0").parse().unwrap()
}

/// Asks until the sample has that value.
pub async fn until(address: SocketAddr, name: &str, value: f64) {
    while metric(address, name).await != value {
        tokio::task::yield_now().await;
    }
}
