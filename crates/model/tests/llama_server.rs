//! llama.cpp's server, given a GGUF file written here, reads the same tokens and writes the same text as we do.
//!
//! Runs where `CACO_TEST_SERVER_URL` names such a server with the base model of the repository (`scripts/real-server.sh`
//! starts one) and a cache in f32, as ours is; otherwise it says that it is skipped.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use caco_model::{ComputePath, Message, Model, Packed, Request, Sampler, Sampling};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

const HARD_TO_CUT: [&str; 12] = [
    "<|im_start|>user\nHow many?<|im_end|>\n<|im_start|>assistant\n",
    "<|endoftext|><|im_end|> <|im_start|> <|im_nothing|> <|",
    "Numbers 7, 42, 199, 200, 1234, 1234567 and 0.05; 007 012 x1y22z333",
    "def solve(apples, bought):\n    total = apples+bought\n\n\n    return total  # 10%\n",
    "accents: naïve façade – 漢字 かな e\u{301}; digits ٣٤ Ⅷ ²³ ½; \u{1F34E}\u{200D}\u{1F34F}",
    "I'll, I'LL, don't, DON'T, it'S, they'Ve 'tis",
    " leading, trailing  ",
    "tabs\t\tand\r\nlines\r\n\r\n \n  \n",
    "a",
    " ",
    "\n",
    "_tens_fives!=**{}[]()<<>>//%%\"\"\"'''",
];

struct Server {
    address: String,
    base: String,
}

impl Server {
    fn from_environment() -> Option<Self> {
        let Ok(url) = std::env::var("CACO_TEST_SERVER_URL") else {
            eprintln!("skipped: set CACO_TEST_SERVER_URL, or run scripts/real-server.sh");
            return None;
        };
        let (address, base) = url
            .strip_prefix("http://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let base = base.trim_end_matches('/').trim_end_matches("v1");
        Some(Self {
            address: address.to_string(),
            base: format!("/{base}"),
        })
    }

    /// The reply to a request in HTTP 1.0, whose body ends with the connection.
    fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST {}{path} HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.base,
            self.address,
            body.len()
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        assert!(head.lines().next().unwrap().contains(" 200 "), "{reply}");
        serde_json::from_str(body).unwrap()
    }

    fn tokens(&self, text: &str, markers: bool) -> Vec<u32> {
        let body = json!({"content": text, "parse_special": markers, "add_special": false});
        serde_json::from_value(self.post("tokenize", &body)["tokens"].take()).unwrap()
    }

    /// A completion that always takes the most likely token.
    fn complete(&self, prompt: &str, max_tokens: usize, logprobs: usize) -> Value {
        let body = json!({
            "prompt": prompt, "max_tokens": max_tokens, "logprobs": logprobs, "temperature": 0.0, "repeat_penalty": 1.0,
        });
        self.post("v1/completions", &body)["choices"][0].take()
    }
}

fn model() -> Model {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models/base");
    Model::load(&folder).unwrap()
}

/// 500 problems that were never trained on.
fn problems() -> Vec<String> {
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/quickstart-held-out.jsonl");
    let problem = |line: &str| -> String {
        let row: Value = serde_json::from_str(line).unwrap();
        row["problem"].as_str().unwrap().to_string()
    };
    let lines = std::fs::read_to_string(file).unwrap();
    lines.lines().map(problem).collect()
}

fn question(model: &Model, problem: &str) -> String {
    model.render_chat(&[Message::user(problem)], true).unwrap()
}

#[test]
fn it_tokenises_alike() {
    let Some(server) = Server::from_environment() else {
        return;
    };
    let model = model();
    let mut texts = problems();
    assert!(texts.len() >= 500);
    texts.extend(HARD_TO_CUT.map(str::to_string));
    for text in &texts {
        let plain = model.tokenizer().encode(text).unwrap();
        assert_eq!(server.tokens(text, false), plain, "{text:?}");
        let markup = model.tokenizer().encode_template(text).unwrap();
        assert_eq!(server.tokens(text, true), markup, "{text:?}");
    }
}

#[test]
fn it_gives_the_same_probabilities() {
    let Some(server) = Server::from_environment() else {
        return;
    };
    let model = model();
    let mut worst = 0f64;
    for problem in &problems()[..40] {
        let prompt = question(&model, problem);
        let tokens = model.tokenizer().encode_template(&prompt).unwrap();
        let packed = Packed {
            ends: vec![tokens.len()],
            tokens,
            ..Packed::default()
        };
        let logits = model.network().logits(&packed, ComputePath::Fused).unwrap();
        let logits: Vec<f32> = logits.to_vec2().unwrap().pop().unwrap();
        let total: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum();
        let choice = server.complete(&prompt, 1, 8);
        let theirs = choice["logprobs"]["content"][0]["top_logprobs"]
            .as_array()
            .unwrap()
            .clone();
        assert_eq!(theirs.len(), 8);
        for candidate in theirs {
            let id = candidate["id"].as_u64().unwrap() as usize;
            let ours = f64::from(logits[id]) - total.ln();
            worst = worst.max((ours - candidate["logprob"].as_f64().unwrap()).abs());
        }
    }
    println!("largest difference of a log-probability: {worst:e}");
    assert!(worst < 1e-3, "largest difference {worst}");
}

#[test]
fn it_writes_the_same_replies() {
    let Some(server) = Server::from_environment() else {
        return;
    };
    let model = model();
    let mut requests = Vec::new();
    for problem in problems() {
        let prompt = question(&model, &problem);
        requests.push(Request { prompt, seed: 0 });
    }
    let replies = Sampler::new(&model)
        .unwrap()
        .generate(
            &requests,
            &Sampling::greedy(120),
            &|_, _| {},
            &AtomicBool::new(false),
        )
        .unwrap();
    for (request, reply) in requests.iter().zip(replies) {
        let choice = server.complete(&request.prompt, 120, 0);
        assert_eq!(choice["text"], reply.text, "{}", request.prompt);
        assert_eq!(choice["finish_reason"], json!(reply.finish));
    }
}
