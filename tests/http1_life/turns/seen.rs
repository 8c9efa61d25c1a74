//! What is seen of a connection since the last look.

use super::hand::Hand;

/// How much was seen already.
pub(super) struct Seen {
    read: usize,
    drain: &'static str,
}

impl Seen {
    /// All that was before is seen.
    pub(super) fn from(hand: &Hand) -> Self {
        let mut seen = Self {
            read: 0,
            drain: "open",
        };
        seen.news(hand);
        seen
    }

    /// What the peer sees, what the halves hear, what the records say.
    pub(super) fn news(&mut self, hand: &Hand) -> String {
        let read = hand.served.peer.read();
        let mut news = messages(&read[self.read..]);
        self.read = read.len();
        let drain = hand.served.ends().1;
        if drain != std::mem::replace(&mut self.drain, drain) {
            let in_order = ["finished", "enough"].contains(&drain);
            news.push(if in_order { "FIN" } else { "RST" }.to_owned());
        }
        news.extend(hand.notes.take());
        let records = hand.records.ends();
        news.extend(
            records
                .iter()
                .map(|record| format!("[{record}]")),
        );
        news.join(", ")
    }
}

/// The bytes of a server, each head in short: status, length, and whether it says close.
fn messages(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split("HTTP/1.1 ");
    let rest = parts
        .next()
        .filter(|rest| !rest.is_empty());
    rest.map(content)
        .into_iter()
        .chain(parts.map(message))
        .collect()
}

fn message(text: &str) -> String {
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or((text, ".."));
    let framing = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap_or("chunks");
    let close = match head.contains("connection: close") {
        true => " close",
        false => "",
    };
    let status = head.split(' ').next().unwrap_or("");
    format!("{status}<{framing}{close}>{}", content(body))
}

fn content(text: &str) -> String {
    format!(
        "{:?}",
        text.replace("\r\n", "|")
            .replace('\n', "")
    )
}
