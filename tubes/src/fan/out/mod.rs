//! Out of one flow, in the same task: drains of drains.

mod balance;
mod branches;
mod crew;
mod many;
mod pair;
mod partition;
mod policy;
mod seat;
mod to_all;
mod unzip;

pub use balance::{Balance, balance};
pub use branches::{Branches, IntoBranches};
pub use many::{List, Many, Row, Shape};
pub use pair::Pair;
pub use partition::{Partition, partition};
pub use policy::{Isolated, Policy, Together};
pub use to_all::{ToAll, to_all};
pub use unzip::{Unzip, unzip};
