//! A calculator in reverse Polish notation: functions and a tube with a memory, joined to one stage.
//!
//! Run it:   printf '3 4 +\n2 *\n+ x\n' | cargo run --example calculator
//! You see:  ready, 7, 14, two complaints, and bye.
//! Try next: teach it `-`, or put it behind a socket as in `reverse.rs`.

use bytes::Bytes;
use tubes::{Error, Fount, Reason, Tube, drains, framing, io, stages};

fn words(line: &Bytes) -> Vec<String> {
    let text = String::from_utf8_lossy(line);
    text.split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// Greets, answers each operator with the new top of the stack, and says farewell.
struct Calculator {
    stack: Vec<i64>,
    says: Option<String>,
}

impl Tube<String> for Calculator {
    type Out = String;

    fn received(&mut self, word: String) -> Result<Option<String>, Reason> {
        let operation: fn(i64, i64) -> i64 = match word.as_str() {
            "+" => i64::wrapping_add,
            "*" => i64::wrapping_mul,
            _ => match word.parse() {
                Ok(number) => {
                    self.stack.push(number);
                    return Ok(None);
                }
                Err(_) => return Ok(Some(format!("what is {word:?}?"))),
            },
        };
        let [.., a, b] = self.stack[..] else {
            return Ok(Some(format!("{word} wants two numbers")));
        };
        self.stack
            .truncate(self.stack.len() - 2);
        self.stack.push(operation(a, b));
        Ok(Some(operation(a, b).to_string()))
    }

    /// The greeting before the first word, the farewell after the last.
    fn emit(&mut self) -> Result<Option<String>, Reason> {
        Ok(self.says.take())
    }

    fn stopped(&mut self, _reason: &Reason) -> Result<(), Reason> {
        self.says = Some("bye".to_owned());
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let calculate = Calculator {
        stack: Vec::new(),
        says: Some("ready".to_owned()),
    };
    let calculator = (
        framing::lines(),
        stages::flat_map(|line| words(&line)),
        calculate,
    );
    io::read(tokio::io::stdin())
        .through(calculator)
        .flow_to(drains::for_each(|answer| println!("{answer}")))
        .await
}
