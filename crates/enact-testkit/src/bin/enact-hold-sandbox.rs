//! Starts a sandbox, prints its directory and its server's process id, and holds it until its
//! standard input ends: something for a test to kill. The argument is the temporary directory to use.

use std::io::Read;

use enact_testkit::TestPg;

#[expect(clippy::print_stdout, reason = "what a test reads")]
fn main() {
    let pg = TestPg::from_options(|options| {
        options.temp_dir = std::env::args_os()
            .nth(1)
            .map_or_else(|| "/tmp".into(), Into::into);
    });
    let pid = pg.sandbox().postmaster_pid().unwrap_or_default();
    println!("{} {pid}", pg.sandbox().socket_dir().display());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
