#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| caco_sandbox::fuzzing::pipes(data));
