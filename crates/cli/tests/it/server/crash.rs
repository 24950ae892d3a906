//! The whole process tree killed with SIGKILL at random instants of a run with a server.

use std::time::Duration;

use caco_scripted::Faults;

use super::super::resume::{Draw, kill_group};
use super::{SECRET, assert_same, results, scene, start, undisturbed};

/// How often a run is killed, over as many runs as that takes.
const KILLS: u64 = 100;

#[test]
fn killed_at_a_hundred_instants_nothing_is_lost_and_no_more_than_the_calls_in_flight_is_paid_twice()
{
    let (_, expected, calls) = undisturbed();
    let mut draw = Draw(11);
    let (mut kills, mut runs, mut twice, mut shown) = (0, 0, 0, 0);
    while kills < KILLS {
        let server = start(Faults::none());
        let scene = scene(&server.url(), "");
        runs += 1;
        let mut killed = 0;
        loop {
            let verb: &[&str] = if scene.path().join("run/config.yaml").is_file() {
                &["resume", "run"]
            } else {
                &["run", "served.yaml", "-o", "run"]
            };
            let mut child = scene.start_with(
                &[verb, &["--no-progress"]].concat(),
                &[("SERVED_KEY", SECRET)],
            );
            // The instant: so many calls after the start, and a moment more.
            let before = server.counts().received;
            let moment = draw.up_to(60) as u64;
            let spare = Duration::from_micros(draw.up_to(3000) as u64);
            let ended = loop {
                if kills >= KILLS {
                    break child.wait().map(Some).unwrap();
                }
                if server.counts().received >= before + moment {
                    break None;
                }
                if let Some(status) = child.try_wait().unwrap() {
                    break Some(status);
                }
                // Only spares the processor; the instant is defined by the calls.
                std::thread::park_timeout(Duration::from_micros(200));
            };
            match ended {
                None => {
                    std::thread::park_timeout(spare);
                    kill_group(&mut child);
                    kills += 1;
                    killed += 1;
                }
                Some(status) => {
                    let log = std::fs::read_to_string(scene.path().join("stderr.log")).unwrap();
                    assert!(status.success(), "after {kills} kills: {status}\n{log}");
                    break;
                }
            }
        }
        assert_same(&results(&scene, "run"), expected);
        let counts = server.counts();
        let status = super::run(&scene, &["status", "run", "--json"])
            .expect(0)
            .json();
        // What the run says of itself: calls that were under way at its kills.
        let cut_off = status["cut_off"].as_u64().unwrap();
        assert_eq!(counts.distinct as u64, *calls);
        assert!(
            counts.received <= calls + cut_off,
            "{} calls received instead of {calls}, but only {cut_off} were cut off",
            counts.received
        );
        // Under way are at most as many as the configuration allows.
        assert!(
            cut_off <= 32 * killed,
            "{cut_off} cut off by {killed} kills"
        );
        twice += counts.received - calls;
        shown += cut_off;
    }
    eprintln!("{kills} kills in {runs} runs: {twice} calls asked twice, {shown} were in flight");
}
