//! From a host and a port to a connection on which TLS can begin, in bounded time.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{ConnectError, HostPort, StartTls};

/// A way to the endpoint.
pub(super) struct Line {
    addresses: Vec<SocketAddr>,
    host_port: HostPort,
    starttls: StartTls,
    limit: Duration,
}

/// A connection on which TLS can begin.
pub(super) struct Dialled {
    pub(super) stream: TcpStream,
    pub(super) address: SocketAddr,
    pub(super) deadline: Instant,
}

impl Line {
    /// Looks the addresses up.
    pub(super) fn find(
        host_port: &HostPort,
        starttls: StartTls,
        limit: Duration,
    ) -> Result<Self, ConnectError> {
        let unknown = |found: String| {
            let fix = "fix the name, or connect to the address and give the name to check separately";
            ConnectError::new(format!("an address of {}", host_port.host()), found, fix)
        };
        let (sender, receiver) = channel();
        let target = (host_port.host().to_owned(), host_port.port());
        // The system's resolver may take arbitrarily long, so it is left behind when that is too long.
        thread::Builder::new()
            .spawn(move || sender.send(target.to_socket_addrs().map(Iterator::collect::<Vec<_>>)))
            .map_err(|error| unknown(format!("no thread to look it up: {error}")))?;
        match receiver.recv_timeout(limit) {
            Ok(Ok(addresses)) if !addresses.is_empty() => {
                Ok(Self { addresses, host_port: host_port.clone(), starttls, limit })
            }
            Ok(Ok(_)) => Err(unknown("the name has no address".into())),
            Ok(Err(error)) => Err(unknown(format!("the name cannot be looked up: {error}"))),
            Err(RecvTimeoutError::Timeout) => Err(unknown(no_answer("from the name server", limit))),
            Err(RecvTimeoutError::Disconnected) => Err(unknown("the look-up broke off".into())),
        }
    }

    /// Connects, and says what must be said before TLS. The first address that answers is the one that later
    /// connections use.
    pub(super) fn dial(&mut self) -> Result<Dialled, ConnectError> {
        let deadline = Instant::now() + self.limit;
        let mut refused = Vec::new();
        let count = self.addresses.len();
        for (nth, address) in self.addresses.iter().copied().enumerate() {
            let left =
                deadline.saturating_duration_since(Instant::now()) / u32::try_from(count - nth).unwrap_or(1);
            match TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1))) {
                Ok(mut stream) => {
                    self.starttls.upgrade(&mut stream, deadline, self.limit)?;
                    self.addresses = vec![address];
                    return Ok(Dialled { stream, address, deadline });
                }
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    refused.push(format!("nothing listens on {address} (connection refused)"));
                }
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    refused.push(no_answer(&format!("from {address}"), self.limit));
                }
                Err(error) => refused.push(format!("no connection to {address}: {error}")),
            }
        }
        let fix = "start the server, fix host and port, or check whether a firewall is between";
        Err(ConnectError::new(
            format!("a server that listens on {}", self.host_port),
            refused.join("; "),
            fix,
        ))
    }
}

/// `no answer from 10.0.0.1:443 within 5 s`.
pub(super) fn no_answer(from: &str, limit: Duration) -> String {
    format!("no answer {from} within {} s", limit.as_secs_f64())
}
