//! What requests may say and what answers look like.

use crate::client::{get, metric, post, program};
use crate::fake::{Instant, Server, config, outcome};
use caco_sandbox::Error;
use caco_sandbox::serve::ServeConfig;
use caco_sandbox::{Status, Via};
use serde_json::json;

/// Plays the program whose code is the name of what happens to it.
async fn played() -> Server {
    let executor = Instant(|program, limits| {
        let mut outcome = outcome(Status::Ok);
        let mut end = |status, class: &str, message: &str| {
            outcome.status = status;
            outcome.error_class = Some(class.into());
            outcome.error_message = Some(message.into());
        };
        match program.code.as_str() {
            "fine" => {}
            "raises" => {
                end(Status::Error, "ValueError", "no");
                outcome.stderr =
                    "Traceback (most recent call last):\n  ..\nValueError: no\n".into();
            }
            "exits" => {
                end(
                    Status::Error,
                    "SystemExit",
                    "the program called sys.exit(3)",
                );
                outcome.exit_code = Some(3);
            }
            "hangs" => end(Status::Timeout, "WallTime", "20 s"),
            "eats" => end(Status::Memory, "MemoryError", "1024 MiB"),
            "babbles" => end(Status::OutputLimit, "OutputLimit", "65536 bytes"),
            "pries" => end(Status::Denied, "PermissionError", "[Errno 1]"),
            "dies" => end(Status::Crash, "SIGSEGV", "signal 11"),
            "unlucky" => return Err(Error::Interrupted),
            "echo" => {
                outcome.stdout = format!(
                    "{} {} {} {} {}",
                    program.stdin,
                    limits.cpu_seconds,
                    limits.wall_seconds,
                    limits.memory_mb,
                    program.via == Via::Stdout
                );
            }
            other => panic!("not in the script: {other}"),
        }
        Ok(outcome)
    });
    Server::start(executor, config()).await
}

#[tokio::test]
async fn answers_have_the_interfaces_fields_in_its_order() {
    let server = played().await;
    let answer = post(server.address, &program("fine")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.body,
        r#"{"status":"Success","message":"","compile_result":null,"run_result":{"status":"Finished","execution_time":0.0125,"return_code":0,"stdout":"42\n","stderr":""},"executor_pod_name":null,"files":{}}"#
    );
}

#[tokio::test]
async fn each_end_of_a_program_has_its_answer() {
    let server = played().await;
    let cases = [
        ("raises", "Failed", "", "Finished", json!(1)),
        ("exits", "Failed", "", "Finished", json!(3)),
        ("hangs", "Failed", "", "TimeLimitExceeded", json!(null)),
        (
            "eats",
            "Failed",
            "the program asked for more memory than it may have (MemoryError: 1024 MiB)",
            "Finished",
            json!(1),
        ),
        (
            "babbles",
            "Failed",
            "the program printed more than it may (OutputLimit: 65536 bytes)",
            "Finished",
            json!(-9),
        ),
        (
            "pries",
            "Failed",
            "the sandbox refused the program an operation (PermissionError: [Errno 1])",
            "Finished",
            json!(1),
        ),
        (
            "dies",
            "Failed",
            "the program's process died (SIGSEGV: signal 11)",
            "Finished",
            json!(-11),
        ),
    ];
    for (code, status, message, run_status, return_code) in cases {
        let answer = post(server.address, &program(code)).await;
        assert_eq!(answer.status, 200);
        let stderr = match code {
            "raises" => "Traceback (most recent call last):\n  ..\nValueError: no\n",
            _ => "",
        };
        let expected = json!({
            "status": status,
            "message": message,
            "compile_result": null,
            "run_result": {
                "status": run_status,
                "execution_time": 0.0125,
                "return_code": return_code,
                "stdout": "42\n",
                "stderr": stderr,
            },
            "executor_pod_name": null,
            "files": {},
        });
        assert_eq!(answer.json(), expected, "{code}");
    }
}

#[tokio::test]
async fn a_failure_of_the_machine_is_a_sandbox_error() {
    let server = played().await;
    let answer = post(server.address, &program("unlucky")).await;
    assert_eq!(answer.status, 200);
    let run = json!({
        "status": "Error", "execution_time": null, "return_code": null, "stdout": null, "stderr": "interrupted",
    });
    let expected = json!({
        "status": "SandboxError", "message": "interrupted", "compile_result": null, "run_result": run,
        "executor_pod_name": null, "files": {},
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn other_languages_and_files_are_sandbox_errors_that_say_so() {
    let server = played().await;
    let cases = [
        (json!({ "language": "cpp" }), "python only, not cpp"),
        (json!({ "files": { "a.txt": "aGk=" } }), "no file store"),
        (json!({ "fetch_files": ["a.txt"] }), "no file store"),
    ];
    for (extra, says) in cases {
        let mut request = json!({ "code": "fine", "language": "python" });
        let fields = extra.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(fields);
        let answer = post(server.address, &request.to_string()).await;
        assert_eq!(answer.status, 200);
        let answer = answer.json();
        assert_eq!(answer["status"], "SandboxError");
        assert_eq!(answer["run_result"], json!(null));
        assert!(
            answer["message"].as_str().unwrap().contains(says),
            "{answer}"
        );
    }
    // A file without content is no file.
    let request =
        json!({ "code": "fine", "language": "python", "files": { "a": null }, "fetch_files": [] });
    let answer = post(server.address, &request.to_string()).await;
    assert_eq!(answer.json()["status"], "Success");
}

#[tokio::test]
async fn limits_are_cut_to_the_servers() {
    let server = played().await;
    let cases = [
        (json!({}), "10 10 4096 true"),
        (
            json!({ "run_timeout": 2.5, "memory_limit_MB": 256 }),
            "2.5 2.5 256 true",
        ),
        (
            json!({ "run_timeout": 1e9, "memory_limit_MB": 1u64 << 40 }),
            "60 60 4096 true",
        ),
        (
            json!({ "run_timeout": -1, "memory_limit_MB": 1 }),
            "0.001 0.001 64 true",
        ),
        // As pydantic reads them.
        (
            json!({ "run_timeout": "3", "memory_limit_MB": "512.0" }),
            "3 3 512 true",
        ),
        (
            json!({ "memory_limit_MB": 128.0, "compile_timeout": 1, "unknown": {} }),
            "10 10 128 true",
        ),
    ];
    for (extra, printed) in cases {
        let mut request = json!({ "code": "echo", "language": "python", "stdin": "in" });
        let fields = extra.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(fields);
        let answer = post(server.address, &request.to_string()).await.json();
        assert_eq!(
            answer["run_result"]["stdout"],
            format!("in {printed}"),
            "{extra}"
        );
    }
}

#[tokio::test]
async fn malformed_bodies_are_told_as_fastapi_tells_them() {
    let server = played().await;
    let cases = [
        (
            "",
            json!([{ "type": "missing", "loc": ["body"], "msg": "Field required", "input": null }]),
        ),
        (
            "{\"code\": \n!}",
            json!([{
                "type": "json_invalid", "loc": ["body", 10], "msg": "JSON decode error", "input": {},
                "ctx": { "error": "expected value at line 2 column 1" },
            }]),
        ),
        (
            "[]",
            json!([{
                "type": "model_attributes_type", "loc": ["body"],
                "msg": "Input should be a valid dictionary or object to extract fields from", "input": [],
            }]),
        ),
        (
            r#"{"stdin": 7, "run_timeout": "soon", "memory_limit_MB": 1.5, "fetch_files": [1], "language": "python"}"#,
            json!([
                {
                    "type": "float_parsing", "loc": ["body", "run_timeout"],
                    "msg": "Input should be a valid number, unable to parse string as a number", "input": "soon",
                },
                {
                    "type": "int_from_float", "loc": ["body", "memory_limit_MB"],
                    "msg": "Input should be a valid integer, got a number with a fractional part", "input": 1.5,
                },
                { "type": "missing", "loc": ["body", "code"], "msg": "Field required" },
                { "type": "string_type", "loc": ["body", "stdin"], "msg": "Input should be a valid string", "input": 7 },
                {
                    "type": "string_type", "loc": ["body", "fetch_files", 0], "msg": "Input should be a valid string",
                    "input": 1,
                },
            ]),
        ),
    ];
    for (body, detail) in cases {
        let answer = post(server.address, body).await;
        assert_eq!(answer.status, 422, "{body}");
        assert_eq!(answer.json(), json!({ "detail": detail }), "{body}");
    }
    let answer = post(server.address, r#"{"code": "", "language": "brainfuck"}"#).await;
    assert_eq!(answer.status, 422);
    let fault = &answer.json()["detail"][0];
    assert_eq!(fault["type"], "literal_error");
    assert_eq!(fault["loc"], json!(["body", "language"]));
    let expected = fault["ctx"]["expected"].as_str().unwrap();
    assert!(expected.starts_with("'python', 'cpp', ") && expected.ends_with(" or 'racket'"));
    assert_eq!(
        metric(server.address, "caco_rejected_total{cause=\"malformed\"}").await,
        5.0
    );
}

#[tokio::test]
async fn the_small_paths_answer_as_the_interfaces_server_does() {
    let server = played().await;
    let ping = get(server.address, "/v1/ping").await;
    assert_eq!((ping.status, ping.body.as_str()), (200, "\"pong\""));
    let root = get(server.address, "/").await;
    assert_eq!(
        root.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let health = get(server.address, "/health").await;
    assert_eq!(
        (health.status, &health.json()["status"]),
        (200, &json!("ready"))
    );
    let missing = get(server.address, "/run_jupyter").await;
    assert_eq!(
        (missing.status, missing.json()),
        (404, json!({ "detail": "Not Found" }))
    );
    let wrong = get(server.address, "/run_code").await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("POST")));
    assert_eq!(wrong.json(), json!({ "detail": "Method Not Allowed" }));
}

#[tokio::test]
async fn the_pods_name_is_in_each_answer() {
    let named = ServeConfig {
        pod_name: Some("pod-7".into()),
        ..config()
    };
    let server = Server::start(Instant(|_, _| Ok(outcome(Status::Ok))), named).await;
    for code in ["python", "java"] {
        let request = json!({ "code": "", "language": code }).to_string();
        let answer = post(server.address, &request).await;
        assert_eq!(answer.json()["executor_pod_name"], "pod-7");
    }
}
