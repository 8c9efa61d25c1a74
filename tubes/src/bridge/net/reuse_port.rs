//! Several listeners on one port, where the system can share one.

use tokio::net::TcpSocket;

use super::listen::Listen;

impl Listen<'_> {
    /// Lets several listeners listen on this port, all with this option; the system spreads the
    /// connections over them.
    pub fn reuse_port(mut self) -> Self {
        self.prepare = |socket: &TcpSocket| socket.set_reuseport(true);
        self
    }
}
