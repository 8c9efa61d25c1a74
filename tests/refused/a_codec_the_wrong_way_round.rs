//! An encoder where the decoder belongs.

use bytes::Bytes;
use tubes::{Fount, Reason, Tube, drains, founts};

struct Message;
struct Decode;
struct Encode;

impl Tube<Bytes> for Decode {
    type Out = Message;
    fn received(&mut self, _: Bytes) -> Result<Option<Message>, Reason> {
        Ok(Some(Message))
    }
}

impl Tube<Message> for Encode {
    type Out = Bytes;
    fn received(&mut self, _: Message) -> Result<Option<Bytes>, Reason> {
        Ok(Some(Bytes::new()))
    }
}

fn main() {
    let flow = founts::once(Bytes::new()).through(Encode).through(Decode);
    drop(flow.flow_to(drains::null()));
}
