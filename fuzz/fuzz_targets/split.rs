#![no_main]

use enact_sql::invariants::check;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Err(broken) = check(data) {
        panic!("{broken}");
    }
});
