//! The house as a test: which file may name which, where features and foreign crates may stand,
//! how large a file may be, and what is never left lying about.
//!
//! Each rule is a function from a source to its offences, tried on small sources at the end.

use support::rules::{self, Exception, Fence, Plan, Rule};
use support::scan::{Source, sources};

const TUBES: Plan = Plan {
    package: "tubes",
    floors: &[
        &[
            "error",
            "clock",
            "stage",
            "runtime",
            "budget",
            "sync",
            "lossy",
            "bound",
            "backoff",
            "loom_support",
        ],
        &["reason", "series", "wakes", "alarm", "flag"],
        &["tries"],
        &["tube", "drain", "lease", "retrying"],
        &["fount"],
        &["upstream"],
        &["pump"],
        &["flow"],
        &["siphon"],
        &["valve", "boundary", "keyed"],
        &["founts", "drains", "framing"],
        &["stages", "fan", "divert"],
        &["bridge", "testing", "listener", "route"],
        &["lib"],
    ],
    apart: &[],
    except: &[
        Exception {
            file: "fount",
            may_name: &["siphon", "stages", "drains", "founts/boxed"],
            because: "the return types of its own provided methods, as `Iterator` names its adapters",
        },
        Exception {
            file: "founts",
            may_name: &["bridge/stream"],
            because: "the shelf where users look for a fount of a stream; no feature opens it",
        },
        Exception {
            file: "drain",
            may_name: &["siphon", "drains/boxed"],
            because: "the return types of its own provided methods",
        },
    ],
    fences: &[
        Fence {
            crates: RUNTIMES,
            only_in: &["bridge/"],
            instead: "ask a trait on the ground floor, and let a bridge answer",
        },
        Fence {
            crates: &["http", "httparse", "h2"],
            only_in: &[],
            instead: "what knows HTTP lives in tubes-http",
        },
    ],
};

const TUBES_HTTP: Plan = Plan {
    package: "tubes-http",
    floors: &[
        &["kind", "limits", "origin", "snapshot", "span", "no_span"],
        &["flush", "kind", "strictness", "snapshot"],
        &["limits"],
        &["limit_numbers", "limit_times"],
        &["error"],
        &["body", "version", "record", "roster", "verdict"],
        &["until_cut"],
        &["handle", "site", "upgrade"],
        &["half"],
        &["peer", "reply_body"],
        &["failing"],
        &["reply"],
        &["exchange"],
        &["in_work"],
        &[
            "http1/state",
            "http1/offered",
            "http1/host",
            "http1/output",
            "http1/patience",
            "http1/octets",
            "http1/waiters",
            "http1/turn",
            "http1/account",
            "http1/arrived",
        ],
        &[
            "http1/length",
            "http1/lenient",
            "http1/deadlines",
            "http1/after",
            "http1/input",
            "http1/status",
            "http1/date",
        ],
        &["http1/leaving"],
        &["http1/fields"],
        &["http1/event", "http1/start"],
        &["http1/repeat"],
        &["http1/parse"],
        &["http1/decode", "http1/encode_body"],
        &["http1/encode"],
        &["http1/receiving", "http1/sending"],
        &["http1/connection"],
        &["http1/link"],
        &[
            "http1/pulling",
            "http1/pushing",
            "http1/closing",
            "http1/concluding",
            "http1/evidence",
            "http1/pausing",
            "http1/quiet",
            "http1/refusing",
            "http1/unread",
        ],
        &["http1/overdue", "http1/looking"],
        &["http1/shared"],
        &["http1/replying"],
        &["http1/halves"],
        &["http1/server", "http1/client"],
        &["http1", "http2"],
        &["server", "client", "serving"],
        &["respond", "answer"],
        &["bridge"],
        &["lib"],
    ],
    apart: &[("http1", "http2")],
    except: &[],
    fences: &[
        Fence {
            crates: RUNTIMES,
            only_in: &["bridge/"],
            instead: "ask a trait of tubes, and let a bridge answer",
        },
        Fence {
            crates: &["httparse"],
            only_in: &["http1/parse.rs"],
            instead: "use the checked heads of http1/parse.rs",
        },
        Fence {
            crates: &["h2"],
            only_in: &["http2/"],
            instead: "use the types that http2/ hands out",
        },
    ],
};

const RUNTIMES: &[&str] = &[
    "tokio",
    "tokio_util",
    "async_std",
    "smol",
    "futures_executor",
];

#[test]
fn imports_run_down_the_floors() {
    check_libraries(rules::against_the_floors);
}

#[test]
fn nothing_is_imported_through_the_crate_root() {
    check_libraries(rules::through_the_root);
}

#[test]
fn every_file_opens_with_a_sentence_for_a_newcomer() {
    check_libraries(rules::without_a_header);
}

#[test]
fn features_stand_only_on_mod_and_pub_use_lines() {
    check_libraries(rules::misplaced_features);
}

#[test]
fn foreign_crates_stay_behind_their_fences() {
    check_libraries(rules::outside_the_fence);
}

#[test]
fn files_and_doors_stay_short() {
    check_libraries(rules::too_long);
    check(&TUBES, &sources("tests"), rules::too_long);
}

#[test]
fn doors_define_nothing() {
    check_libraries(rules::defined_in_a_door);
}

#[test]
fn nothing_is_left_lying_about() {
    check_libraries(rules::untidy);
}

#[test]
fn tests_neither_sleep_nor_open_a_socket() {
    let quiet = sources("tests")
        .into_iter()
        .filter(|source| !source.name.starts_with("tests/interop"));
    check(&TUBES, &quiet.collect::<Vec<_>>(), rules::noisy);
}

fn check_libraries(rule: Rule) {
    for plan in [&TUBES, &TUBES_HTTP] {
        check(plan, &sources(&format!("{}/src", plan.package)), rule);
    }
}

fn check(plan: &Plan, sources: &[Source], rule: Rule) {
    assert!(
        !sources.is_empty(),
        "no sources of {}: does the path still hold?",
        plan.package
    );
    let offences: Vec<String> = sources
        .iter()
        .flat_map(|source| rule(plan, source))
        .collect();
    assert!(offences.is_empty(), "\n\n{}\n", offences.join("\n"));
}

/// A rule, a file, its source, and a part of each offence in it.
type Case = (Rule, &'static str, &'static str, &'static [&'static str]);

#[test]
fn a_rule_finds_the_offence_and_nothing_else() {
    for (rule, name, code, expected) in FLOORS
        .iter()
        .chain(ROOT)
        .chain(FEATURES)
        .chain(OTHERS)
    {
        let plan = if name.starts_with("tubes/") {
            &TUBES
        } else {
            &TUBES_HTTP
        };
        let found = rule(plan, &Source::new(name, code));
        let as_expected = found
            .iter()
            .zip(*expected)
            .all(|(found, part)| found.contains(part));
        assert!(
            found.len() == expected.len() && as_expected,
            "{name}:\n{code}\nexpected {expected:#?}, found {found:#?}"
        );
    }
}

#[test]
fn code_is_told_from_comments_literals_and_tests() {
    let cases = [
        ("a // crate::b", "a"),
        ("a /* crate /* nested */ ::b */ c", "a c"),
        ("a(\"crate \\\" ::b\") c", "a( ) c"),
        ("a(r#\"crate \" ::b\"#) c", "a( ) c"),
        (
            "a::<'static>(b'\"', '\\'', '\u{e9}') b",
            "a::<'static>( , , ) b",
        ),
        ("#[cfg(test)] mod tests { x[0]; } a", "a"),
        ("#[cfg(test)] #[path = \"\"] mod tests; a", "a"),
        ("#[cfg(test)] use a::{b, c}; a", "a"),
        ("#[cfg(all(test, unix))] fn b(x: [u8; 4]) { 1 } a", "a"),
        ("#[cfg(not(test))] fn b() {}", "#[cfg(not(test))] fn b() {}"),
        ("#![cfg(test)] fn b() {}", ""),
    ];
    for (raw, expected) in cases {
        let source = Source::new("tubes/src/made_up.rs", raw);
        assert_eq!(source.code.len(), raw.len(), "{raw}");
        let code: Vec<&str> = source.code.split_whitespace().collect();
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(code.concat(), expected.concat(), "{raw}");
    }
}

#[test]
fn a_file_past_its_bound_is_found() {
    let lines = |count| "//! A line.\n".repeat(count);
    let source = |name, count| Source::new(&format!("tubes/src/{name}"), &lines(count));
    let counts = [
        ("flow.rs", 500),
        ("flow.rs", 501),
        ("lib.rs", 200),
        ("lib.rs", 201),
    ];
    let found = counts.map(|(name, count)| rules::too_long(&TUBES, &source(name, count)).len());
    assert_eq!(found, [0, 1, 0, 1]);
}

#[rustfmt::skip] // A row, a case.
const FLOORS: &[Case] = {
    const RULE: Rule = rules::against_the_floors;
    &[
        (RULE, "tubes/src/tube.rs", "use crate::reason::Reason;", &[]),
        (RULE, "tubes/src/tube.rs", "\nuse crate::fount::Fount;", &[":2: names `fount::Fount`"]),
        (RULE, "tubes/src/tube.rs", "// crate::fount::Fount\n#[cfg(test)] mod tests { use crate::lib; }", &[]),
        (RULE, "tubes/src/tube.rs", "use crate::drain::Drain;", &["drain does not stand below tube"]),
        (RULE, "tubes/src/tube.rs", "fn f(x: crate::siphon::pull::Pull<u8>) {}", &["siphon::pull::Pull"]),
        (RULE, "tubes/src/tube.rs", "use super::fount::Fount;", &["fount::Fount"]),
        (RULE, "tubes/src/tube.rs", "mod sealed { use super::Tube; }", &[]),
        (RULE, "tubes/src/siphon/pull.rs", "use super::state::State; use crate::siphon::push;", &[]),
        (RULE, "tubes/src/siphon/pull.rs", "use super::super::stages::{map::Map, scan};", &["map::Map", "scan"]),
        (RULE, "tubes/src/founts/iter.rs", "use crate::{\n  drains::{fold::Fold},\n};", &[":2: names `drains::fold"]),
        (RULE, "tubes/src/fount.rs", "use crate::founts::boxed::Boxed;", &[]),
        (RULE, "tubes/src/fount.rs", "use crate::founts::iter::Iter;", &["founts::iter::Iter"]),
        (RULE, "tubes/src/drains/mod.rs", "#[cfg(feature = \"tokio\")]\npub use crate::bridge::spawn;", &[]),
        (RULE, "tubes/src/drains/mod.rs", "pub use crate::bridge::spawn;", &["bridge::spawn"]),
        (RULE, "tubes/src/drains/null.rs", "pub use crate::bridge::spawn;", &["bridge::spawn"]),
        (RULE, "tubes/src/lib.rs", "pub use crate::bridge::net; pub use fount::Fount;", &[]),
        (RULE, "tubes/src/attic.rs", "", &["attic.rs:1: stands on no floor"]),
        (RULE, "tubes-http/src/http1/mod.rs", "pub use crate::http1::server::server;", &[]),
        (RULE, "tubes-http/src/http1/attic.rs", "", &["stands on no floor"]),
        (RULE, "tubes-http/src/http1/parse.rs", "use super::event::Event;", &[]),
        (RULE, "tubes-http/src/http1/parse.rs", "use super::decode::Decoder;", &["http1::decode"]),
        (RULE, "tubes-http/src/http2/io.rs", "use crate::http1::event::Event;", &["http1::event"]),
        (RULE, "tubes-http/src/http1/server.rs", "use crate::http2::window;", &["http2::window"]),
    ]
};

#[rustfmt::skip] // A row, a case.
const ROOT: &[Case] = {
    const RULE: Rule = rules::through_the_root;
    &[
        (RULE, "tubes/src/valve.rs", "use crate::fount::{self, Fount}; use crate::error;", &[]),
        (RULE, "tubes/src/valve.rs", "use crate::{fount, drain::Drain};", &["`fount`", "`drain::Drain`"]),
        (RULE, "tubes/src/valve.rs", "use crate::Fount;", &["crate::file::Fount"]),
        (RULE, "tubes/src/valve.rs", "use crate::*;", &["`*`"]),
        (RULE, "tubes/src/valve.rs", "fn f() -> super::Fount { crate::merge() }", &["`Fount`", "`merge`"]),
        (RULE, "tubes/src/valve.rs", "pub(in crate::valve) fn f() {}", &[]),
        (RULE, "tubes/src/founts/mod.rs", "mod iter;\npub use self::iter::Iter;", &[]),
    ]
};

#[rustfmt::skip] // A row, a case.
const FEATURES: &[Case] = {
    const RULE: Rule = rules::misplaced_features;
    &[
        (RULE, "tubes/src/lib.rs", "#![cfg_attr(not(feature = \"x\"), doc = \"\")]", &[]),
        (RULE, "tubes/src/lib.rs", "#[cfg(feature = \"x\")]\n#[doc(inline)]\npub use a::b;", &[]),
        (RULE, "tubes/src/lib.rs", "#[cfg(feature = \"x\")] pub(crate) mod a;", &[]),
        (RULE, "tubes/src/lib.rs", "#[cfg(feature = \"x\")] use a::b;", &[":1: a feature inside"]),
        (RULE, "tubes/src/flow.rs", "struct A {\n #[cfg(feature = \"x\")] b: u8 }", &[":2: a feature inside"]),
        (RULE, "tubes/src/flow.rs", "#[cfg_attr(feature = \"x\", derive(B))] struct A;", &["a feature inside"]),
        (RULE, "tubes/src/flow.rs", "fn a() { if cfg!(feature = \"x\") {} }", &["a feature inside"]),
        (RULE, "tubes/src/flow.rs", "#[cfg(unix)] fn a() {}", &[]),
    ]
};

#[rustfmt::skip] // A row, a case.
const OTHERS: &[Case] = &[
    (rules::without_a_header, "tubes/src/flow.rs", "//! Both directions.", &[]),
    (rules::without_a_header, "tubes/src/flow.rs", "/// Not a header.\nstruct A;", &["opens without"]),
    (rules::outside_the_fence, "tubes/src/flow.rs", "use crate::bridge::tokio::Clock;", &[]),
    (rules::outside_the_fence, "tubes/src/flow.rs", "//! tokio::spawn\nfn f() { tokio::spawn(a) }", &[":2: names the crate `tokio`"]),
    (rules::outside_the_fence, "tubes/src/flow.rs", "use {http::Request};", &["`http`"]),
    (rules::outside_the_fence, "tubes/src/bridge/net.rs", "use tokio::net;", &[]),
    (rules::outside_the_fence, "tubes-http/src/http1/parse.rs", "use httparse::Header; use h2::Reason;", &["`h2`"]),
    (rules::outside_the_fence, "tubes-http/src/http2/body.rs", "use h2::Reason; use httparse;", &["`httparse`"]),
    (rules::defined_in_a_door, "tubes/src/lib.rs", "//! A.\n#![warn(x)]\npub mod a;\nmod b;\npub use b::{C, D};", &[]),
    (rules::defined_in_a_door, "tubes/src/fan/mod.rs", "mod a;\nfn f() { 1; 2 }\npub enum B {}", &["mod.rs:2:", "mod.rs:3:"]),
    (rules::defined_in_a_door, "tubes/src/flow.rs", "fn f() {}", &[]),
    (rules::untidy, "tubes/src/flow.rs", "// TODO(#12): later\n// TODO: later", &[":2: TODO"]),
    (rules::untidy, "tubes/src/flow.rs", "/// a.unwrap()\nfn f() { a.unwrap(); todo!() }", &["`.unwrap()`", "`todo!`"]),
    (rules::untidy, "tubes/src/flow.rs", "#[cfg(test)] mod tests { fn f() { a.unwrap() } }", &[]),
    (rules::untidy, "tubes/src/flow.rs", "#[allow(a)] fn f() {}\n#![expect(a)]", &["`allow(", "`expect("]),
    (rules::untidy, "tubes/src/flow.rs", "#[expect(a, reason = \"b\")] fn f() { c.expect(\"d\") }", &[]),
    (rules::noisy, "tests/fan.rs", "thread::sleep(a); // time::sleep(b)", &["`thread::sleep`"]),
    (rules::noisy, "tests/fan.rs", "net::listen(a); TcpListener::bind(b);", &["`TcpListener::bind`", "`net::listen`"]),
];
