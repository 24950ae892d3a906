//! The frozen clock.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test suite")]
#![cfg(target_os = "linux")]

mod common;

use caco_sandbox::{Config, Error, Sandbox, TierChoice};
use common::{config, run_in};

const READINGS: &str = r"
import datetime, time
from datetime import date
from datetime import datetime as moment
first = time.time()
time.sleep(90)
second = time.time()
counted = time.perf_counter()
while time.monotonic() < counted + 0.01:
    pass
output = [
    int(first), round(second - first, 3), time.strftime('%Y-%m-%d %H:%M'), time.gmtime()[:5], time.localtime(0)[:3],
    moment.now(), moment.now(datetime.timezone.utc).isoformat()[:16], moment.utcnow().year, date.today(),
    datetime.date.today() == moment.today().date(), isinstance(moment.now(), datetime.datetime), type(moment.now()) is moment,
    round(time.clock_gettime(time.CLOCK_REALTIME) - second, 1), time.time_ns() - time.time_ns(), moment(2020, 1, 2),
]
";

#[test]
fn every_program_sees_the_same_instant_and_waits_end() {
    for tier in [TierChoice::Own, TierChoice::Batch] {
        let sandbox = Sandbox::start(Config {
            workers: 1,
            frozen_clock: Some(1_704_067_200.0),
            tier,
            ..config()
        })
        .unwrap();
        assert!(
            sandbox.interpreter().contains("clock frozen at 1704067200"),
            "{}",
            sandbox.interpreter()
        );
        let again = format!("{READINGS}# the same once more\n");
        let outcomes = run_in(&sandbox, &[READINGS, &again]);
        let text = outcomes[0].output_text.clone().unwrap_or_default();
        assert_eq!(outcomes[0].output_text, outcomes[1].output_text);
        let expected = "[1704067200, 90.0, '2024-01-01 00:01', (2024, 1, 1, 0, 1), (1970, 1, 1), \
                        datetime.datetime(2024, 1, 1, 0, 1, 30, ";
        assert!(text.starts_with(expected), "{text}: {:?}", outcomes[0]);
        let rest = "), '2024-01-01T00:01', 2024, datetime.date(2024, 1, 1), True, True, True, 0.0, -1000, \
                    datetime.datetime(2020, 1, 2, 0, 0)]";
        assert!(text.ends_with(rest), "{text}");
    }
}

#[test]
fn deadlines_are_judged_by_the_real_clock() {
    let sandbox = Sandbox::start(Config {
        workers: 1,
        frozen_clock: Some(0.0),
        first_pass_seconds: 0.2,
        limits: caco_sandbox::Limits {
            cpu_seconds: 0.3,
            ..Default::default()
        },
        ..config()
    })
    .unwrap();
    let outcomes = run_in(
        &sandbox,
        &["import time\nwhile True: time.sleep(1)\n", "output = 1"],
    );
    assert_eq!(outcomes[0].status.as_str(), "timeout");
    assert_eq!(outcomes[1].output_text.as_deref(), Some("1"));
}

#[test]
fn an_instant_out_of_range_is_refused() {
    for seconds in [-1.0, f64::NAN, 1e12] {
        let settings = Config {
            frozen_clock: Some(seconds),
            ..config()
        };
        assert!(matches!(
            Sandbox::start(settings),
            Err(Error::Setting {
                key: "frozen_clock",
                ..
            })
        ));
    }
}

/// The same program twice where hashes and random streams start elsewhere: what depends on them differs, all else is the same.
#[test]
fn hashes_and_random_streams_start_where_the_settings_say() {
    let program =
        "import random\ninput = {'a': 1}\noutput = [hash('text'), random.random(), 6 * 7]";
    let run = |hash_seed, random_seed, tier| {
        let config = Config {
            hash_seed,
            random_seed,
            tier,
            ..config()
        };
        let outcome = run_in(&Sandbox::start(config).unwrap(), &[program]).remove(0);
        let output = outcome.output.unwrap();
        (output[0].clone(), output[1].clone(), output[2].clone())
    };
    for tier in [TierChoice::Own, TierChoice::Batch] {
        let first = run(0, 0, tier);
        assert_eq!(first, run(0, 0, tier));
        let other = run(5, 6, tier);
        assert_eq!(first.2, other.2);
        assert!(first.0 != other.0 && first.1 != other.1);
        assert_eq!(run(0, 6, tier).0, first.0);
        assert_eq!(run(5, 0, tier).1, first.1);
    }
}
