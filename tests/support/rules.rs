//! The rules of the house, each a function from a source to its offences.

use crate::scan::{Named, Source, group_end, is_test, skip_attributes, without_visibility, words};

/// The floors of a package, from the ground to the roof. A file or folder may name what stands on a
/// lower floor, and a folder its own files; neighbours on one floor do not name each other.
#[derive(Debug)]
pub struct Plan {
    /// Where the package lies in the workspace.
    pub package: &'static str,
    /// Files and folders, from the ground up, without `.rs`.
    pub floors: &'static [&'static [&'static str]],
    /// Folders that never name each other, on whatever floors their files stand.
    pub apart: &'static [(&'static str, &'static str)],
    /// What single files may name all the same.
    pub except: &'static [Exception],
    /// Crates that only some files may name.
    pub fences: &'static [Fence],
}

/// What one file may name against the floors.
#[derive(Debug)]
pub struct Exception {
    /// The file, without `.rs`.
    pub file: &'static str,
    /// The files and folders above it.
    pub may_name: &'static [&'static str],
    /// No exception without a reason.
    pub because: &'static str,
}

/// Crates that only some files may name.
#[derive(Debug)]
pub struct Fence {
    /// The crates behind this fence.
    pub crates: &'static [&'static str],
    /// The files that may name them, by the beginning of their place; none if there are none.
    pub only_in: &'static [&'static str],
    /// What the others do instead.
    pub instead: &'static str,
}

/// A rule of the house: from a source to its offences, each `file:line: what, and what to do`.
pub type Rule = fn(&Plan, &Source) -> Vec<String>;

/// A door may show what a bridge offers, where a feature opens it: users look for it on its shelf.
const SHOWN_AT_DOORS: &str = "bridge";

fn offence(source: &Source, at: usize, what: &str) -> String {
    format!("{}:{}: {what}", source.name, source.line(at))
}

/// The floor and the room of a path: the longest entry of the plan that it begins with.
fn room<'a>(plan: &'a Plan, path: &[String]) -> Option<(usize, &'a str)> {
    let entries = plan
        .floors
        .iter()
        .enumerate()
        .flat_map(|(floor, entries)| {
            entries
                .iter()
                .map(move |entry| (floor, *entry))
        });
    entries
        .filter(|(_, entry)| begins_with(path, entry))
        .max_by_key(|(_, entry)| entry.len())
}

fn begins_with(path: &[String], entry: &str) -> bool {
    let mut segments = path.iter();
    entry.split('/').all(|part| {
        segments
            .next()
            .is_some_and(|segment| segment == part)
    })
}

/// Imports run down, and stay apart where the plan says so.
#[must_use]
pub fn against_the_floors(plan: &Plan, source: &Source) -> Vec<String> {
    let place = match source.module() {
        root if root.is_empty() => vec!["lib".to_owned()],
        module => module,
    };
    let in_detail = |entry: &str| {
        let folder = format!("{entry}/");
        plan.floors
            .iter()
            .copied()
            .flatten()
            .any(|other| other.starts_with(&folder))
    };
    if is_test(&source.name) {
        return Vec::new();
    }
    // In a folder with floors of its own, every file needs its place; its door stands on top.
    let here = room(plan, &place).filter(|(_, room)| *room == place.join("/") || !in_detail(room));
    let Some((floor, room_here)) = here else {
        return vec![offence(
            source,
            0,
            "stands on no floor: give it a place in tests/house.rs",
        )];
    };
    let mut offences = Vec::new();
    for path in source.paths() {
        let Some((its_floor, its_room)) = room(plan, &path.segments) else {
            continue; // The root, which has a rule of its own.
        };
        let is_apart = plan.apart.iter().any(|(one, other)| {
            let crosses = |a, b| begins_with(&place, a) && begins_with(&path.segments, b);
            crosses(one, other) || crosses(other, one)
        });
        let is_below = its_room == room_here || its_floor < floor;
        if is_apart || !is_below && !is_excepted(plan, source, &path) {
            let what = format!(
                "names `{}`, but {its_room} does not stand below {room_here}: \
                 move what both need to a lower floor, or this to a higher one",
                path.segments.join("::"),
            );
            offences.push(offence(source, path.at, &what));
        }
    }
    offences
}

fn is_excepted(plan: &Plan, source: &Source, path: &Named) -> bool {
    let file = source.module().join("/");
    let by_name = plan
        .except
        .iter()
        .filter(|exception| exception.file == file);
    let in_the_table = by_name
        .flat_map(|exception| exception.may_name)
        .any(|room| begins_with(&path.segments, room));
    let shown = || {
        let items = source.items();
        items.iter().any(|item| {
            let is_show = source.code[item.range.clone()].starts_with("pub use ");
            item.range.contains(&path.at) && is_show && has_feature(item.attributes)
        })
    };
    in_the_table || source.is_door() && begins_with(&path.segments, SHOWN_AT_DOORS) && shown()
}

/// Names come from the file where they live, not through the crate root.
#[must_use]
pub fn through_the_root(plan: &Plan, source: &Source) -> Vec<String> {
    let of_the_root = source
        .paths()
        .into_iter()
        .filter(|path| {
            let first = &path.segments[0];
            let is_name = first == "*" || first.starts_with(char::is_uppercase);
            // A function of the root: one lower-case segment, and no module of that name.
            let is_module = room(plan, &path.segments).is_some();
            path.grouped_at_root || is_name || path.segments.len() == 1 && !is_module
        });
    let what = |path: &[String]| {
        let path = path.join("::");
        format!(
            "`{path}` comes through the crate root: name the file where it lives, `crate::file::{path}`"
        )
    };
    of_the_root
        .map(|path| offence(source, path.at, &what(&path.segments)))
        .collect()
}

/// Every file opens with a sentence for a newcomer.
#[must_use]
pub fn without_a_header(_: &Plan, source: &Source) -> Vec<String> {
    let first = source
        .raw
        .lines()
        .find(|line| !line.trim().is_empty());
    match first {
        Some(line) if line.starts_with("//!") => Vec::new(),
        _ => vec![offence(
            source,
            0,
            "opens without `//!`: say in a sentence what this file is for",
        )],
    }
}

fn has_feature(condition: &str) -> bool {
    let after = |at: usize| condition[at + "feature".len()..].trim_start();
    words(condition, "feature")
        .into_iter()
        .any(|at| after(at).starts_with('='))
}

/// Features stand only on `mod` and `pub use` lines.
#[must_use]
pub fn misplaced_features(_: &Plan, source: &Source) -> Vec<String> {
    let code = &source.code;
    let conditions = ["cfg(", "cfg_attr(", "cfg!("]
        .iter()
        .flat_map(|open| {
            code.match_indices(open)
                .map(|(at, _)| (at, group_end(code, at + open.len() - 1)))
        });
    let misplaced = conditions.filter(|(at, end)| {
        let is_of_the_crate = code[..*at].ends_with("#![") && source.place() == "lib.rs";
        let item = &code[skip_attributes(code, (end + 1).min(code.len()))..];
        let is_attribute = code[..*at].ends_with("#[");
        let on_a_door = without_visibility(item).starts_with("mod ")
            || item.starts_with("pub") && without_visibility(item).starts_with("use ");
        has_feature(&code[*at..*end]) && !is_of_the_crate && !(is_attribute && on_a_door)
    });
    let what = "a feature inside the house: put it on a `mod` or `pub use` line";
    misplaced
        .map(|(at, _)| offence(source, at, what))
        .collect()
}

/// Foreign crates are named only behind their fences.
#[must_use]
pub fn outside_the_fence(plan: &Plan, source: &Source) -> Vec<String> {
    let fences = plan.fences.iter().filter(|fence| {
        let mut inside = fence.only_in.iter();
        !inside.any(|place| source.place().starts_with(place))
    });
    let named = fences.flat_map(|fence| {
        fence
            .crates
            .iter()
            .map(move |name| (fence, name))
    });
    let mut offences = Vec::new();
    for (fence, name) in named {
        for at in source.words(name) {
            let (before, after) = (&source.code[..at], &source.code[at + name.len()..]);
            // `crate::bridge::tokio::Clock` names a module of ours.
            let is_ours = before
                .strip_suffix("::")
                .is_some_and(|path| path.ends_with(char::is_alphanumeric));
            if !is_ours && (after.starts_with("::") || before.trim_end().ends_with("use")) {
                let what = format!("names the crate `{name}`: {}", fence.instead);
                offences.push(offence(source, at, &what));
            }
        }
    }
    offences
}

/// Files and doors stay short.
#[must_use]
pub fn too_long(_: &Plan, source: &Source) -> Vec<String> {
    let (lines, bound) = (
        source.raw.lines().count(),
        if source.is_door() { 200 } else { 500 },
    );
    let what =
        format!("{lines} lines, and {bound} are the bound: find the two ideas and part them");
    if lines > bound {
        vec![offence(source, 0, &what)]
    } else {
        Vec::new()
    }
}

/// A `lib.rs` or `mod.rs` defines nothing.
#[must_use]
pub fn defined_in_a_door(_: &Plan, source: &Source) -> Vec<String> {
    let items = source
        .items()
        .into_iter()
        .filter(|item| {
            let item = &source.code[item.range.clone()];
            let is_public_use =
                item.starts_with("pub") && without_visibility(item).starts_with("use ");
            let is_module = without_visibility(item).starts_with("mod ") && item.ends_with(';');
            source.is_door() && !is_public_use && !is_module
        });
    let what = "a door defines nothing: move this to a file of its own and `pub use` it here";
    items
        .map(|item| offence(source, item.range.start, what))
        .collect()
}

/// No open ends: marks without a number, stubs, lints silenced without a reason.
#[must_use]
pub fn untidy(_: &Plan, source: &Source) -> Vec<String> {
    let mut offences = Vec::new();
    for mark in ["TODO", "FIXME", "XXX", "HACK"] {
        for at in words(&source.raw, mark) {
            let rest = source.raw[at..]
                .lines()
                .next()
                .unwrap_or_default();
            let number = rest
                .split_once('#')
                .map(|(_, number)| number);
            if !number
                .is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
            {
                let what = format!(
                    "{mark} without an issue number: do it, or open an issue and write `{mark}(#12)`"
                );
                offences.push(offence(source, at, &what));
            }
        }
    }
    for (stub, instead) in [
        (
            ".unwrap()",
            "return the error, or `expect` with the invariant that holds",
        ),
        ("todo!", "finish it, or leave it out"),
        ("unimplemented!", "finish it, or leave it out"),
        ("dbg!", "take it out"),
    ] {
        let what = format!("`{stub}` in library code: {instead}");
        offences.extend(
            source
                .code
                .match_indices(stub)
                .map(|(at, _)| offence(source, at, &what)),
        );
    }
    for lint in ["allow(", "expect("] {
        for (at, _) in source.code.match_indices(lint) {
            let arguments = &source.code[at..group_end(&source.code, at + lint.len() - 1)];
            let before = &source.code[..at];
            let is_attribute = before.ends_with("#[") || before.ends_with("#![");
            if is_attribute && words(arguments, "reason").is_empty() {
                let what = format!("`{lint}..)` without a reason: write `reason = \"..\"` into it");
                offences.push(offence(source, at, &what));
            }
        }
    }
    offences
}

/// Tests neither sleep nor open a socket.
#[must_use]
pub fn noisy(_: &Plan, source: &Source) -> Vec<String> {
    let noises = [
        ("thread::sleep", "move the clock of tubes::testing by hand"),
        ("time::sleep", "move the clock of tubes::testing by hand"),
        (
            "TcpListener::bind",
            "use a pair of `support`, or tests/interop.rs",
        ),
        (
            "net::listen",
            "use a pair of `support`, or tests/interop.rs",
        ),
    ];
    let heard = noises
        .iter()
        .flat_map(|(noise, instead)| {
            let what = format!("`{noise}` in a quiet room: {instead}");
            source
                .code
                .match_indices(noise)
                .map(move |(at, _)| offence(source, at, &what))
        });
    heard.collect()
}
