//! A reader of Rust sources for house rules: what is code, where items end, which paths are named.
//!
//! It knows just enough of the language to tell code from comments, literals and tests. Everything
//! that is not code is blanked in place, so an offset into the code is an offset into the file.

use std::fs;
use std::ops::Range;
use std::path::Path;

/// One file, as it was written and as code alone.
#[derive(Debug)]
pub struct Source {
    /// From the root of the workspace: `tubes/src/siphon/pull.rs`.
    pub name: String,
    /// As it was written.
    pub raw: String,
    /// The same length, with comments, literals and test items turned into spaces.
    pub code: String,
}

/// An item at the top of a file.
#[derive(Debug)]
pub struct Item<'a> {
    /// Its attributes, as one text.
    pub attributes: &'a str,
    /// Where it stands, without them.
    pub range: Range<usize>,
}

/// A path into the crate: `crate::a::b`, or `super::b` written out.
#[derive(Debug)]
pub struct Named {
    /// Where it stands.
    pub at: usize,
    /// Its segments from the crate root; `*` for a glob.
    pub segments: Vec<String>,
    /// Whether it stands in a group that begins at the root: `crate::{a, b}`.
    pub grouped_at_root: bool,
}

/// All sources below a folder of the workspace, in order of their names.
///
/// # Panics
///
/// If the folder or a file in it cannot be read.
#[must_use]
pub fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("the folder is readable") {
            let entry = entry.expect("the folder is readable");
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(name);
            } else if name.ends_with(".rs") {
                let raw = fs::read_to_string(entry.path()).expect("a source is UTF-8");
                found.push(Source::new(&name, &raw));
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// Whether a whole file is test code: `tests.rs`, or one in a folder `tests` of a library.
#[must_use]
pub fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/src/") && name.contains("/tests/")
}

impl Source {
    /// Reads a file that is already in memory.
    #[must_use]
    pub fn new(name: &str, raw: &str) -> Self {
        let mut code = without_comments_and_literals(raw);
        if is_test(name) {
            code = blanked(&code, 0..code.len());
        }
        while let Some(range) = test_item(&code) {
            code = blanked(&code, range);
        }
        Self {
            name: name.to_owned(),
            raw: raw.to_owned(),
            code,
        }
    }

    /// The line of an offset, counted from one.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        self.raw.as_bytes()[..at]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1
    }

    /// The name below `src/`: `siphon/pull.rs`.
    #[must_use]
    pub fn place(&self) -> &str {
        self.name
            .split_once("/src/")
            .map_or(&self.name, |(_, place)| place)
    }

    /// The modules that lead to this file: none for `lib.rs`, the folder for a `mod.rs`.
    #[must_use]
    pub fn module(&self) -> Vec<String> {
        let path = self.place().trim_end_matches(".rs");
        let path = path
            .strip_suffix("/mod")
            .unwrap_or(path);
        let parts = path
            .split('/')
            .filter(|_| path != "lib");
        parts.map(str::to_owned).collect()
    }

    /// Whether this is a `lib.rs` or a `mod.rs`.
    #[must_use]
    pub fn is_door(&self) -> bool {
        self.place() == "lib.rs" || self.place().ends_with("/mod.rs")
    }

    /// Where a word stands in the code, whole.
    #[must_use]
    pub fn words(&self, word: &str) -> Vec<usize> {
        words(&self.code, word)
    }

    /// The items of this file in order.
    #[must_use]
    pub fn items(&self) -> Vec<Item<'_>> {
        let (mut items, mut at) = (Vec::new(), 0);
        loop {
            let first = skip_space(&self.code, at);
            let start = skip_attributes(&self.code, first);
            if start == self.code.len() {
                return items;
            }
            at = item_end(&self.code, start);
            items.push(Item {
                attributes: &self.code[first..start],
                range: start..at,
            });
        }
    }

    /// Every path into this crate that the code names.
    #[must_use]
    pub fn paths(&self) -> Vec<Named> {
        let (mut found, module) = (Vec::new(), self.module());
        for at in self.words("crate") {
            let rest = &self.code[at + "crate".len()..];
            if rest.starts_with("::")
                && !self.code[..at]
                    .trim_end()
                    .ends_with("(in")
            {
                self.tree(at, at + "crate::".len(), Vec::new(), &mut found);
            }
        }
        for at in self.words("super") {
            if self.code[..at].ends_with("::") {
                continue;
            }
            let ups = self.code[at..]
                .split("::")
                .take_while(|part| *part == "super")
                .count();
            // In a module written inside the file, the first `super` is the file itself.
            let ups_here = ups.saturating_sub(self.inline_depth(at));
            if ups_here > 0 && self.code[at..].starts_with("super::") {
                let base = module[..module.len().saturating_sub(ups_here)].to_vec();
                self.tree(at, at + ups * "super::".len(), base, &mut found);
            }
        }
        found.sort_by_key(|path| path.at);
        found
    }

    /// Reads one branch of a path, and returns the offset behind it.
    fn tree(
        &self,
        at: usize,
        from: usize,
        mut segments: Vec<String>,
        found: &mut Vec<Named>,
    ) -> usize {
        let mut here = skip_space(&self.code, from);
        loop {
            let rest = &self.code[here..];
            if rest.starts_with('{') {
                let first = found.len();
                let end = self.group(here, &segments, found);
                if segments.is_empty() {
                    found[first..]
                        .iter_mut()
                        .for_each(|path| path.grouped_at_root = true);
                }
                return end;
            }
            let length = rest
                .bytes()
                .take_while(|byte| is_word(*byte))
                .count();
            match &rest[..length] {
                "" if rest.starts_with('*') => segments.push("*".to_owned()),
                "" | "self" => {}
                segment => segments.push(segment.to_owned()),
            }
            here += length;
            if length == 0 || !self.code[here..].starts_with("::") {
                break;
            }
            here += "::".len();
        }
        if !segments.is_empty() {
            found.push(Named {
                at,
                segments,
                grouped_at_root: false,
            });
        }
        here + self.code[here..]
            .find([',', '}', ';'])
            .unwrap_or(0)
    }

    /// Reads the branches between braces, and returns the offset behind them.
    fn group(&self, open: usize, segments: &[String], found: &mut Vec<Named>) -> usize {
        let end = group_end(&self.code, open);
        let mut here = skip_space(&self.code, open + 1);
        while here + 1 < end {
            let next = self.tree(here, here, segments.to_vec(), found);
            // Over the comma, to the next branch or to the closing brace.
            let comma = self.code[next..end]
                .find(',')
                .map_or(end, |comma| next + comma + 1);
            here = skip_space(&self.code, comma);
        }
        end
    }

    fn inline_depth(&self, at: usize) -> usize {
        let opens = self
            .words("mod")
            .into_iter()
            .filter(|start| *start < at);
        opens
            .filter(|start| item_end(&self.code, *start) > at)
            .count()
    }
}

/// Where a word stands in a text, whole.
#[must_use]
pub fn words(text: &str, word: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let at_edge = |at: usize| {
        bytes
            .get(at)
            .is_none_or(|byte| !is_word(*byte))
    };
    let found = text
        .match_indices(word)
        .map(|(at, _)| at);
    found
        .filter(|at| (*at == 0 || at_edge(at - 1)) && at_edge(at + word.len()))
        .collect()
}

/// The end of the group that opens at an offset: behind its closing bracket.
#[must_use]
pub fn group_end(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// The first offset behind any attributes and space.
#[must_use]
pub fn skip_attributes(code: &str, mut at: usize) -> usize {
    loop {
        at = skip_space(code, at);
        let Some(open) = ["#[", "#!["]
            .iter()
            .find(|open| code[at..].starts_with(**open))
        else {
            return at;
        };
        at = group_end(code, at + open.len() - 1);
    }
}

/// An item from behind its `pub` or `pub(..)`.
#[must_use]
pub fn without_visibility(item: &str) -> &str {
    let Some(rest) = item
        .strip_prefix("pub")
        .filter(|rest| !rest.starts_with(is_word_char))
    else {
        return item;
    };
    let rest = rest.trim_start();
    match rest.starts_with('(') {
        true => rest[group_end(rest, 0)..].trim_start(),
        false => rest,
    }
}

fn skip_space(code: &str, at: usize) -> usize {
    code.len() - code[at..].trim_start().len()
}

fn is_word_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_word(byte: u8) -> bool {
    is_word_char(char::from(byte))
}

/// An item ends at its semicolon or behind its block; a `use` has groups and only then a semicolon.
fn item_end(code: &str, start: usize) -> usize {
    let is_use = without_visibility(&code[start..]).starts_with("use ");
    let mut at = start;
    while at < code.len() {
        match code.as_bytes()[at] {
            b';' => return at + 1,
            b'{' if !is_use => return group_end(code, at),
            b'(' | b'[' | b'{' => at = group_end(code, at),
            _ => at += 1,
        }
    }
    code.len()
}

/// The first item that is only compiled for tests, with its attribute.
fn test_item(code: &str) -> Option<Range<usize>> {
    code.match_indices("cfg(")
        .find_map(|(at, cfg)| {
            let condition = &code[at..group_end(code, at + cfg.len() - 1)];
            let is_test = words(condition, "test")
                .iter()
                .any(|word| !condition[..*word].ends_with("not("));
            let opens = |open: &str| is_test && code[..at].ends_with(open);
            if opens("#![") {
                return Some(0..code.len());
            }
            opens("#[").then(|| at - 2..item_end(code, skip_attributes(code, at - 2)))
        })
}

fn blanked(code: &str, range: Range<usize>) -> String {
    let mut bytes = code.as_bytes().to_vec();
    blank(&mut bytes, range);
    String::from_utf8(bytes).expect("whole characters were blanked")
}

fn blank(bytes: &mut [u8], range: Range<usize>) {
    for byte in bytes[range]
        .iter_mut()
        .filter(|byte| **byte != b'\n')
    {
        *byte = b' ';
    }
}

fn without_comments_and_literals(raw: &str) -> String {
    let (mut bytes, mut at) = (raw.as_bytes().to_vec(), 0);
    while at < raw.len() {
        let rest = &raw.as_bytes()[at..];
        let end = at
            + comment(rest)
                .or_else(|| literal(rest))
                .unwrap_or(0);
        if end > at {
            blank(&mut bytes, at..end);
            at = end;
        } else {
            // A word in one step: the `r` that ends `attr"` opens no raw string.
            at += rest
                .iter()
                .take_while(|byte| is_word(**byte))
                .count()
                .max(1);
        }
    }
    String::from_utf8(bytes).expect("whole characters were blanked")
}

fn comment(rest: &[u8]) -> Option<usize> {
    if rest.starts_with(b"//") {
        return Some(
            rest.iter()
                .take_while(|byte| **byte != b'\n')
                .count(),
        );
    }
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth > 0 => (depth, at) = (depth - 1, at + 2),
            _ if depth == 0 => return None,
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    Some(at)
}

fn literal(rest: &[u8]) -> Option<usize> {
    let prefix = rest
        .iter()
        .take_while(|byte| b"bcr".contains(byte))
        .count()
        .min(2);
    let is_raw = rest[..prefix].ends_with(b"r");
    let hashes = rest[prefix..]
        .iter()
        .take_while(|byte| **byte == b'#')
        .count();
    match rest.get(prefix + if is_raw { hashes } else { 0 })? {
        b'"' if is_raw => {
            let closing = [&b"\""[..], &vec![b'#'; hashes]].concat();
            let body = prefix + hashes + 1;
            let found = rest[body..]
                .windows(closing.len())
                .position(|part| part == closing);
            Some(found.map_or(rest.len(), |at| body + at + closing.len()))
        }
        b'"' => Some(quoted(rest, prefix, b'"')),
        // A lifetime has no closing quote behind its first character.
        b'\'' if !is_raw => {
            let character = std::str::from_utf8(&rest[prefix + 1..])
                .ok()?
                .chars()
                .next()?;
            let closing = prefix + 1 + character.len_utf8();
            let is_character = character == '\\' || rest.get(closing) == Some(&b'\'');
            is_character.then(|| quoted(rest, prefix, b'\''))
        }
        _ => None,
    }
}

fn quoted(rest: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}
