//! No more connections of one address than a bound.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::accepting::Refused;
use super::tcp::TcpFlow;
use crate::reason::Reason;
use crate::tube::Tube;

/// A stage behind a listener of your own that lets at most `count` connections of one address be open at
/// once, and resets each one more.
///
/// An address is one of IPv4, or a network of IPv6 that one subscriber has to himself (/64). A
/// connection counts until both its halves are dropped, wherever they have gone. Behind a proxy
/// all connections come from the address of the proxy: there it is for the proxy to count.
///
/// [`net::listen`](super::listen) has such a bound of its own, of 500 unless
/// [`Listener::at_most_per_address`](super::Listener::at_most_per_address) says otherwise. How many connections there may be in all says [`at_most`](crate::drains::Spawn::at_most) of
/// `drains::spawn`.
///
/// # Flow control
///
/// Holds no connection. It remembers a number for each address that has a connection open, so no
/// more than there are connections.
///
/// # Errors
///
/// None: who is refused is counted ([`refused`](AtMostPerAddress::refused)) and can be told of
/// ([`on_refused`](AtMostPerAddress::on_refused)).
///
/// # Examples
///
/// At most 10,000 connections, and 64 of them from one address:
///
/// ```no_run
/// use tubes::net::{self, TcpFlow};
/// use tubes::{Fount, bound, drains};
///
/// # async fn serve() -> Result<(), tubes::Error> {
/// let echo = drains::spawn(|flow: TcpFlow| flow.fount.flow_to(flow.drain));
/// net::listen("0.0.0.0:8007")
///     .await?
///     .through(
///         net::at_most_per_address(bound(64))
///             .on_refused(|peer| eprintln!("too many connections: {}", peer.ip())),
///     )
///     .flow_to(echo.at_most(bound(10_000)))
///     .await?;
/// # Ok(()) }
/// ```
pub fn at_most_per_address(count: NonZeroUsize) -> AtMostPerAddress {
    AtMostPerAddress {
        most: count,
        open: Arc::default(),
        refused: Refused::default(),
        hook: None,
    }
}

/// The stage of [`at_most_per_address`].
#[must_use = "a stage does nothing before it is attached"]
pub struct AtMostPerAddress {
    most: NonZeroUsize,
    open: Arc<Open>,
    refused: Refused,
    hook: Option<Hook>,
}

type Hook = Box<dyn FnMut(SocketAddr) + Send>;

impl AtMostPerAddress {
    /// Tells of each connection that is refused, by the address of its peer.
    pub fn on_refused(mut self, hook: impl FnMut(SocketAddr) + Send + 'static) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// How many connections were refused; goes on counting while the stage flows.
    #[must_use]
    pub fn refused(&self) -> Refused {
        self.refused.clone()
    }
}

impl Tube<TcpFlow> for AtMostPerAddress {
    type Out = TcpFlow;

    fn received(&mut self, mut flow: TcpFlow) -> Result<Option<TcpFlow>, Reason> {
        let peer = flow.fount.peer_addr();
        let before = flow.fount.place();
        let Some(place) = Place::take(&self.open, Network::of(peer.ip()), self.most, before) else {
            // Dropped before its end, it is reset.
            drop(flow);
            self.refused.add();
            if let Some(hook) = &mut self.hook {
                hook(peer);
            }
            return Ok(None);
        };
        place.give_to(&mut flow);
        Ok(Some(flow))
    }

    fn kind(&self) -> &'static str {
        "at_most_per_address"
    }
}

impl fmt::Debug for AtMostPerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.open.counts().len();
        write!(
            f,
            "at_most_per_address({} of {addresses} addresses)",
            self.most
        )
    }
}

/// How many connections each network has open.
#[derive(Default)]
pub(super) struct Open {
    /// `1 <= count <= most`; who has none is not in it.
    counts: Mutex<HashMap<Network, usize>>,
}

impl Open {
    fn counts(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        // Nothing is done under the lock that could panic between two changes.
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where one subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Network {
    V4([u8; 4]),
    /// A /64, of which a subscriber has one at least.
    V6([u8; 8]),
}

impl Network {
    pub(super) fn of(address: IpAddr) -> Self {
        // One of IPv4 on a socket of IPv6 is the same as on its own.
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::V4(address) => Ipv4Addr::from(address).fmt(f),
            Self::V6(network) => {
                let address = u128::from(u64::from_be_bytes(network)) << 64;
                write!(f, "{}/64", Ipv6Addr::from(address))
            }
        }
    }
}

/// The place of one connection among those of its address; given back when dropped.
pub(super) struct Place {
    open: Arc<Open>,
    network: Network,
    /// The one that it was given elsewhere.
    _before: Option<Arc<Self>>,
}

impl Place {
    pub(super) fn take(
        open: &Arc<Open>,
        network: Network,
        most: NonZeroUsize,
        before: Option<Arc<Self>>,
    ) -> Option<Self> {
        let mut counts = open.counts();
        let count = counts.entry(network).or_default();
        // One that is new has none, and `most` is one at least: nothing empty stays behind.
        if *count >= most.get() {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Self {
            open: Arc::clone(open),
            network,
            _before: before,
        })
    }

    /// Taken until both halves of this connection are dropped.
    pub(super) fn give_to(self, flow: &mut TcpFlow) {
        let place = Arc::new(self);
        flow.fount.keep(Arc::clone(&place));
        flow.drain.keep(place);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.open.counts();
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
        // What a crowd has taken is given back when it has gone.
        if counts.capacity() > SPARE && counts.len() < counts.capacity() / 8 {
            counts.shrink_to(SPARE);
        }
    }
}

/// Addresses for which there is room in any case.
const SPARE: usize = 256;

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::Arc;

    use super::{Network, Open, Place, SPARE};

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn an_address_of_ipv4_and_a_64_of_ipv6_are_one_each() {
        for (one, other, same) in [
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.1", "::ffff:10.0.0.1", true),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("::1", "127.0.0.1", false),
        ] {
            assert_eq!(network(one) == network(other), same, "{one} {other}");
        }
    }

    #[test]
    fn a_network_is_shown_as_it_is_written() {
        for (address, shown) in [
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(network(address).to_string(), shown);
        }
    }

    #[test]
    fn what_is_remembered_is_no_more_than_what_is_open() {
        let open = Arc::new(Open::default());
        let most = NonZeroUsize::MIN;
        let take = |number: u32| Place::take(&open, Network::V4(number.to_be_bytes()), most, None);
        let crowd: Vec<Option<Place>> = (0..10_000).map(take).collect();
        assert!(crowd.iter().all(Option::is_some));
        assert!((0..10_000).all(|number| take(number).is_none()));
        assert_eq!(open.counts().len(), 10_000);
        drop(crowd);
        assert_eq!(open.counts().len(), 0);
        assert!(open.counts().capacity() <= 2 * SPARE);
        assert!(take(7).is_some());
    }
}
