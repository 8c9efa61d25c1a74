//! A server's process: started on one core, watched through `/proc`, ended with its input.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A server that runs; killed when dropped.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts this program again as the server `name`, on the first core, under `wrapper`.
    pub(crate) fn start(name: &'static str, wrapper: &[&str]) -> Self {
        let this = std::env::current_exe().expect("a program knows itself");
        let mut words = vec!["taskset", "-c", "0"];
        words.extend_from_slice(wrapper);
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .arg(this)
            .args(["serve", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("taskset is there");
        let mut line = String::new();
        let stdout = child
            .stdout
            .as_mut()
            .expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("a server says its port");
        let port = line
            .trim()
            .parse()
            .expect("a server says its port");
        Self {
            name,
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        }
    }

    /// CPU time so far, in nanoseconds, user and system.
    pub(crate) fn cpu(&self) -> f64 {
        let times = self.read("schedstat");
        let first = times.split(' ').next();
        first
            .and_then(|time| time.parse().ok())
            .expect("schedstat begins with a time")
    }

    /// Memory that is resident now, in bytes.
    pub(crate) fn memory(&self) -> f64 {
        let pages = self.read("statm");
        let resident: f64 = pages
            .split(' ')
            .nth(1)
            .and_then(|pages| pages.parse().ok())
            .expect("statm has it in the second place");
        resident * 4096.0
    }

    /// Ends it, and gives what it, or what it ran under, wrote to its standard error.
    pub(crate) fn stop(mut self) -> String {
        drop(self.child.stdin.take());
        let mut said = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            drop(stderr.read_to_string(&mut said));
        }
        drop(self.child.wait());
        said
    }

    fn read(&self, what: &str) -> String {
        let path = format!("/proc/{}/{what}", self.child.id());
        std::fs::read_to_string(path).expect("a process that runs has it")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// This process, the load, on the other core; on one core only, as it is.
pub(crate) fn pin_load() {
    let this = std::process::id().to_string();
    let pinned = Command::new("taskset")
        .args(["-p", "-c", "1", &this])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    drop(pinned);
}
