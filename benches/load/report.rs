//! The cases, and a table of each.

use std::time::Duration;

use crate::client::{self, Answer, Body};
use crate::process::Server;
use crate::{SERVERS, start};

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Hello,
    Pipelined,
    Download,
    Upload,
    Echo,
    Idle,
    Stalled,
    Slow,
    Instructions,
}

/// How much of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Full,
    Test,
}

impl Case {
    pub(crate) const ALL: [Self; 9] = [
        Self::Hello,
        Self::Pipelined,
        Self::Download,
        Self::Upload,
        Self::Echo,
        Self::Idle,
        Self::Stalled,
        Self::Slow,
        Self::Instructions,
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|case| case.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Pipelined => "pipelined",
            Self::Download => "download",
            Self::Upload => "upload",
            Self::Echo => "echo",
            Self::Idle => "idle",
            Self::Stalled => "stalled",
            Self::Slow => "slow",
            Self::Instructions => "instructions",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Hello | Self::Pipelined => "CPU of the server, ns a request",
            Self::Download | Self::Upload | Self::Echo => "CPU of the server, ms a GiB",
            Self::Idle => "RSS, bytes a connection",
            Self::Stalled => "RSS grown, KiB: 1 GiB that is not read, and an echo",
            Self::Slow => "RSS grown, KiB a connection",
            Self::Instructions => "user instructions a request, and pipelined",
        }
    }

    /// Whether a server can do it.
    fn is_for(self, server: &str) -> bool {
        match server {
            // It has nobody who would read slowly.
            "raw" => !matches!(self, Self::Stalled | Self::Slow),
            // It takes all that its body has, and a thousand times a GiB is not there.
            "hyper-pipeline" => self != Self::Slow,
            _ => true,
        }
    }
}

/// Measures one case on all servers, and prints its table.
pub(crate) fn run(case: Case, scale: Scale) {
    let names = SERVERS
        .into_iter()
        .filter(|name| case.is_for(name));
    let rows: Vec<(&str, Vec<f64>)> = match case {
        Case::Hello => in_turn(case, scale, |server| per_request(server, 1, scale)),
        Case::Pipelined => in_turn(case, scale, |server| per_request(server, 16, scale)),
        Case::Download => in_turn(case, scale, |server| {
            per_gib(server, scale, |length| {
                client::download(server.address, length);
            })
        }),
        Case::Upload => in_turn(case, scale, |server| {
            per_gib(server, scale, |length| {
                client::upload(server.address, "/sink", length, Answer::Greeting);
            })
        }),
        Case::Echo => in_turn(case, scale, |server| {
            per_gib(server, scale, |length| {
                client::upload(server.address, "/echo", length, Answer::Echo);
            })
        }),
        Case::Idle => names
            .map(|name| (name, vec![idle(name, scale)]))
            .collect(),
        Case::Stalled => names
            .map(|name| {
                (
                    name,
                    vec![
                        stalled(name, Body::Nothing, scale),
                        stalled(name, Body::Endless, scale),
                    ],
                )
            })
            .collect(),
        Case::Slow => names
            .map(|name| (name, vec![slow(name, scale)]))
            .collect(),
        Case::Instructions => names
            .filter_map(|name| instructions(name, scale))
            .collect(),
    };
    println!("{} ({})", case.name(), case.unit());
    if scale == Scale::Test {
        return println!("  ok");
    }
    for (name, figures) in &rows {
        print!("  {name:<16}");
        for (figure, first) in figures.iter().zip(&rows[0].1) {
            print!("{figure:>12.0} {:>6.2}", figure / first);
        }
        println!();
    }
}

/// All servers alive at once, rounds with another one first in each, and the medians.
fn in_turn(
    case: Case,
    scale: Scale,
    measure: impl Fn(&Server) -> f64,
) -> Vec<(&'static str, Vec<f64>)> {
    let mut servers: Vec<(Server, Vec<f64>)> = SERVERS
        .into_iter()
        .filter(|name| case.is_for(name))
        .map(|name| (start(name), Vec::new()))
        .collect();
    let rounds = match (scale, case) {
        (Scale::Test, _) => 0,
        // Short, and they scatter: the kernel's part of it depends on who is woken when.
        (Scale::Full, Case::Download | Case::Upload | Case::Echo) => 15,
        (Scale::Full, _) => 5,
    };
    for round in 0..=rounds {
        servers.rotate_left(1);
        for (server, figures) in &mut servers {
            let figure = measure(server);
            // The first round warms up.
            if round > 0 || rounds == 0 {
                figures.push(figure);
            }
        }
    }
    let mut rows: Vec<_> = servers
        .into_iter()
        .map(|(server, mut figures)| {
            figures.sort_by(f64::total_cmp);
            (server.name, vec![figures[figures.len() / 2]])
        })
        .collect();
    rows.sort_by_key(|(name, _)| {
        SERVERS
            .iter()
            .position(|other| other == name)
    });
    rows
}

const CONNECTIONS: usize = 64;

fn per_request(server: &Server, depth: usize, scale: Scale) -> f64 {
    let rounds = match scale {
        Scale::Full => 1600 / depth.min(4),
        Scale::Test => 2,
    };
    let mut connections = client::connect(server.address, CONNECTIONS);
    client::ask(&mut connections, depth, 2);
    let before = server.cpu();
    client::ask(&mut connections, depth, rounds);
    (server.cpu() - before) / (CONNECTIONS * depth * rounds) as f64
}

fn per_gib(server: &Server, scale: Scale, transfer: impl Fn(u64)) -> f64 {
    let length = match scale {
        Scale::Full => GIB,
        Scale::Test => GIB / 1024,
    };
    let before = server.cpu();
    transfer(length);
    (server.cpu() - before) * (GIB / length) as f64 / 1e6
}

const GIB: u64 = 1024 * 1024 * 1024;

/// What an idle connection holds that has been asked once.
fn idle(name: &'static str, scale: Scale) -> f64 {
    let count = match scale {
        Scale::Full => 10_000,
        Scale::Test => 64,
    };
    let server = start(name);
    // What the first connections bring with them is not theirs.
    let mut first = client::connect(server.address, count / 10);
    client::ask(&mut first, 1, 2);
    let before = server.memory();
    let mut connections = Vec::new();
    for _ in 0..10 {
        let mut more = client::connect(server.address, count / 10);
        client::ask(&mut more, 1, 1);
        connections.append(&mut more);
    }
    // Idle is who has been silent for more than a second.
    for _ in 0..3 {
        settle(scale);
    }
    (server.memory() - before) / connections.len() as f64
}

/// How much the server grows for a client that does not read.
fn stalled(name: &'static str, body: Body, scale: Scale) -> f64 {
    let server = start(name);
    let mut warm = client::connect(server.address, 1);
    client::ask(&mut warm, 16, 4);
    let before = server.memory();
    let head = if let Body::Endless = body {
        client::request("POST", "/echo", &format!("Content-Length: {GIB}\r\n"))
    } else {
        // Pipelined, for a server that writes more when more is asked for.
        client::request("GET", "/gib", "").repeat(4)
    };
    let stalled = client::stall(server.address, &head, body);
    settle(scale);
    let grown = (server.memory() - before) / 1024.0;
    drop(stalled);
    grown
}

/// How much it grows for each of a thousand clients that do not read.
fn slow(name: &'static str, scale: Scale) -> f64 {
    let count = match scale {
        Scale::Full => 1000,
        Scale::Test => 16,
    };
    let server = start(name);
    let mut warm = client::connect(server.address, count / 10);
    client::ask(&mut warm, 1, 2);
    let before = server.memory();
    let head = client::request("GET", "/gib", "");
    let stalled: Vec<_> = (0..count)
        .map(|_| client::stall(server.address, &head, Body::Nothing))
        .collect();
    settle(scale);
    (server.memory() - before) / 1024.0 / stalled.len() as f64
}

/// What is under way arrives.
fn settle(scale: Scale) {
    std::thread::sleep(match scale {
        Scale::Full => Duration::from_millis(500),
        Scale::Test => Duration::from_millis(1),
    });
}

/// Counted by valgrind; none where that is not there.
fn instructions(name: &'static str, scale: Scale) -> Option<(&'static str, Vec<f64>)> {
    if scale == Scale::Test {
        return None;
    }
    let keep_alive = difference(name, 1)?;
    let pipelined = difference(name, 16)?;
    Some((name, vec![keep_alive, pipelined]))
}

fn difference(name: &'static str, depth: usize) -> Option<f64> {
    const FEW: usize = 4_000;
    const MANY: usize = 20_000;
    let few = counted(name, depth, FEW)?;
    let many = counted(name, depth, MANY)?;
    Some((many - few) / (MANY - FEW) as f64)
}

fn counted(name: &'static str, depth: usize, requests: usize) -> Option<f64> {
    const CONNECTED: usize = 50;
    const WRAPPER: [&str; 3] = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
    ];
    let server = Server::start(name, &WRAPPER);
    let mut connections = client::connect(server.address, CONNECTED);
    client::ask(&mut connections, depth, requests / depth / CONNECTED);
    drop(connections);
    let said = server.stop();
    let (_, count) = said.split_once("Collected :")?;
    count
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}
