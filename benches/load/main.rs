//! What an HTTP/1.1 server costs under load, beside hyper: CPU and instructions for each request,
//! CPU for each GiB, memory for each connection.
//!
//! `cargo bench -p tubes-benches --profile release-fat --bench load -- [CASE..]`, where a case is
//! one of `hello`, `pipelined`, `download`, `upload`, `echo`, `idle`, `stalled`, `slow`,
//! `instructions`; all of them without one. `--test` runs each once, small, and measures nothing.
//!
//! Each server is a process of its own, this program again, on one core; the load runs on the
//! other. All servers are alive at once, five rounds in turn, medians. What is compared is the CPU
//! time of the server's process, user and system, as the kernel counts it: that holds when the
//! load is the bottleneck, too. Instructions are counted by `valgrind --tool=callgrind`, as the
//! difference of a long and a short run.
//!
//! hyper has no timers here (it is given none); ours are the default ones.

mod client;
mod process;
mod report;
mod serve;

use process::Server;
use report::{Case, Scale};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, which] = &words[..]
        && serve == "serve"
    {
        return serve::run(which);
    }
    let scale = if words
        .iter()
        .any(|word| word == "--test")
    {
        Scale::Test
    } else {
        Scale::Full
    };
    let named: Vec<Case> = words
        .iter()
        .filter_map(|word| Case::named(word))
        .collect();
    let cases = if named.is_empty() {
        Case::ALL.to_vec()
    } else {
        named
    };
    process::pin_load();
    for case in cases {
        report::run(case, scale);
    }
}

/// The servers that are compared; the first one's figures are 1.00.
const SERVERS: [&str; 4] = ["hyper", "hyper-pipeline", "raw", "tubes"];

/// Starts one of them.
fn start(which: &'static str) -> Server {
    Server::start(which, &[])
}
