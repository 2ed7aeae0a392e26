//! What a client says before TLS begins, where a port begins in plain text.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::ConnectError;
use super::dial::no_answer;
use super::plain_text::{describe, quote};
use crate::handshake::specimen;

/// The protocol whose words ask for TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartTls {
    /// None: TLS begins at once, as in HTTPS, AMQPS, MQTTS, IMAPS and Redis.
    Direct,
    /// PostgreSQL's SSLRequest (PostgreSQL, "Frontend/Backend Protocol", SSL Session Encryption).
    Postgres,
    /// SMTP's STARTTLS (RFC 3207).
    Smtp,
    /// IMAP's STARTTLS (RFC 9051, section 6.2.1).
    Imap,
}

/// Longest line of a mail server that is read.
const LONGEST_LINE: usize = 4096;
/// Most lines of one answer that are read.
const MOST_LINES: usize = 100;
/// Length and code of an SSLRequest.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

impl StartTls {
    /// The protocol's name; nothing if TLS begins at once.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Direct => None,
            Self::Postgres => Some("PostgreSQL"),
            Self::Smtp => Some("SMTP"),
            Self::Imap => Some("IMAP"),
        }
    }

    /// Brings the connection to where TLS begins.
    pub(super) fn upgrade(
        self,
        stream: &mut TcpStream,
        deadline: Instant,
        limit: Duration,
    ) -> Result<(), ConnectError> {
        let mut talk = Talk { stream, deadline, limit, protocol: self.name().unwrap_or("TLS") };
        match self {
            Self::Direct => Ok(()),
            Self::Postgres => talk.postgres(),
            Self::Smtp => talk.smtp(),
            Self::Imap => talk.imap(),
        }
    }
}

struct Talk<'a> {
    stream: &'a mut TcpStream,
    deadline: Instant,
    limit: Duration,
    protocol: &'static str,
}

impl Talk<'_> {
    fn postgres(&mut self) -> Result<(), ConnectError> {
        self.send(&SSL_REQUEST)?;
        match self.byte()? {
            b'S' => Ok(()),
            b'N' => Err(ConnectError::new(
                "PostgreSQL's consent to TLS (S)",
                "N: it serves without TLS",
                "set ssl = on with ssl_cert_file and ssl_key_file, and let the server read its configuration again",
            )),
            other => Err(self.another_protocol(vec![other])),
        }
    }

    fn smtp(&mut self) -> Result<(), ConnectError> {
        self.reply("220")?;
        self.send(b"EHLO localhost\r\n")?;
        let offers = self.reply("250")?;
        let has =
            |line: &String| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"));
        if !offers.iter().any(has) {
            let list: Vec<String> =
                offers.iter().skip(1).map(|line| quote(line.get(4..).unwrap_or("").as_bytes())).collect();
            let found = if list.is_empty() { "nothing".into() } else { list.join(", ") };
            return Err(self.not_offered(found));
        }
        self.send(b"STARTTLS\r\n")?;
        self.reply("220").map(drop)
    }

    fn imap(&mut self) -> Result<(), ConnectError> {
        let greeting = self.line(Vec::new())?;
        if greeting.starts_with("* PREAUTH") {
            return Err(self.not_offered("a greeting PREAUTH, after which IMAP allows no STARTTLS".into()));
        }
        if !greeting.starts_with("* OK") {
            return Err(self.another_protocol(greeting.into_bytes()));
        }
        self.send(b"p1 STARTTLS\r\n")?;
        for _ in 0..MOST_LINES {
            let line = self.line(Vec::new())?;
            match line.strip_prefix("p1 ") {
                Some(answer) if answer.starts_with("OK") => return Ok(()),
                Some(_) => return Err(self.not_offered(quote(line.as_bytes()))),
                None => {}
            }
        }
        Err(self.not_offered("lines without end".into()))
    }

    /// The lines of an SMTP reply (RFC 5321, section 4.2.1), which must have this code.
    fn reply(&mut self, code: &str) -> Result<Vec<String>, ConnectError> {
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let line = self.line(Vec::new())?;
            let is_reply = line.len() >= 3 && line.bytes().take(3).all(|byte| byte.is_ascii_digit());
            if !is_reply {
                return Err(self.another_protocol(line.into_bytes()));
            }
            if !line.starts_with(code) {
                return Err(self.not_offered(quote(line.as_bytes())));
            }
            let is_last = line.as_bytes().get(3) != Some(&b'-');
            lines.push(line);
            if is_last {
                return Ok(lines);
            }
        }
        Err(self.not_offered("lines without end".into()))
    }

    /// A line without its end. One byte at a time: what follows it may be TLS.
    fn line(&mut self, mut line: Vec<u8>) -> Result<String, ConnectError> {
        while line.len() < LONGEST_LINE {
            match self.byte()? {
                b'\n' => {
                    if line.last() == Some(&b'\r') {
                        line.pop();
                    }
                    return Ok(String::from_utf8_lossy(&line).into_owned());
                }
                byte => line.push(byte),
            }
            // A peer that speaks TLS or sends binary data never ends its line.
            if line.len() == 1 && !line[0].is_ascii_graphic() {
                return Err(self.another_protocol(line));
            }
        }
        Err(self.another_protocol(line))
    }

    fn byte(&mut self) -> Result<u8, ConnectError> {
        let mut byte = [0];
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.silent());
            }
            let read = self.stream.set_read_timeout(Some(left)).and_then(|()| self.stream.read(&mut byte));
            match read {
                Ok(0) => return Err(self.broken("the connection was closed".into())),
                Ok(_) => return Ok(byte[0]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err(self.silent());
                }
                Err(error) => return Err(self.broken(format!("connection lost: {error}"))),
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), ConnectError> {
        let left = self.deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let sent = self.stream.set_write_timeout(Some(left)).and_then(|()| self.stream.write_all(bytes));
        sent.map_err(|error| self.broken(format!("connection lost: {error}")))
    }

    fn silent(&self) -> ConnectError {
        self.broken(no_answer("in plain text", self.limit))
    }

    fn broken(&self, found: String) -> ConnectError {
        let fix = format!(
            "check whether {} serves on this port, and whether its TLS begins at once",
            self.protocol
        );
        ConnectError::new(format!("{} in plain text, then TLS", self.protocol), found, fix)
    }

    fn not_offered(&self, found: String) -> ConnectError {
        let fix = format!("give the {} server a certificate and let it offer STARTTLS", self.protocol);
        ConnectError::new(format!("{}'s consent to STARTTLS", self.protocol), found, fix)
    }

    /// Something that is not of this protocol, beginning with these bytes.
    fn another_protocol(&mut self, mut begin: Vec<u8>) -> ConnectError {
        begin.extend(specimen(self.stream));
        let (found, _) = describe(&begin);
        self.broken(found)
    }
}
