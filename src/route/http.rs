//! As much of HTTP/1.1 (RFC 9112) as one request and its answer need.

use std::io::{Error, ErrorKind, Read, Result};

/// Longest head that is read, in bytes.
const MAX_HEAD: usize = 16 * 1024;
const END: &[u8] = b"\r\n\r\n";

/// What a request asks for.
pub(super) struct HttpRequest {
    /// The host without a port.
    pub(super) host: String,
    /// The path without a query.
    pub(super) path: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct HttpResponse {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    pub(super) body: String,
}

/// A request, after which the connection ends.
pub(super) fn request(host: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: pkictl\r\nconnection: close\r\n\r\n")
        .into_bytes()
}

/// An answer, after which the connection ends.
pub(super) fn response(status: u16, location: Option<&str>, body: &str) -> Vec<u8> {
    let location = location.map(|to| format!("location: {to}\r\n")).unwrap_or_default();
    let length = body.len();
    format!("HTTP/1.1 {status} .\r\n{location}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

/// Reads until the end of a head.
pub(super) fn read_head(from: &mut impl Read) -> Result<Vec<u8>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(END) {
        if head.len() == MAX_HEAD {
            return Err(Error::new(ErrorKind::InvalidData, "the head is too long"));
        }
        from.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(head)
}

/// Parses the head of a request.
pub(super) fn parse_request(head: &[u8]) -> Result<HttpRequest> {
    let text = std::str::from_utf8(head).map_err(|_| malformed())?;
    let mut lines = text.split("\r\n");
    let target = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or_else(malformed)?;
    let host = header(lines, "host").ok_or_else(malformed)?;
    let without_port =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let host = without_port.map_or(host, |(host, _)| host).to_owned();
    let path = target.split_once('?').map_or(target, |(path, _)| path).to_owned();
    Ok(HttpRequest { host, path })
}

/// Reads an answer of which the head says how long it is.
pub(super) fn read_response(from: &mut impl Read) -> Result<(HttpResponse, Vec<u8>)> {
    let mut bytes = read_head(from)?;
    let head = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or_else(malformed)?;
    let length: u64 =
        header(lines.clone(), "content-length").and_then(|text| text.parse().ok()).ok_or_else(malformed)?;
    let location = header(lines, "location").map(str::to_owned);
    let mut body = Vec::new();
    from.take(length.min(MAX_HEAD as u64)).read_to_end(&mut body)?;
    bytes.extend(&body);
    let body = String::from_utf8(body).map_err(|_| malformed())?;
    Ok((HttpResponse { status, location, body }, bytes))
}

fn header<'a>(lines: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "this is not HTTP/1.1")
}

#[cfg(test)]
mod tests {
    use super::{MAX_HEAD, parse_request, read_head, read_response, request, response};

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let head = read_head(&mut &request("a.example:8443", "/x?y=1")[..]).expect("a head");
        let read = parse_request(&head).expect("a request");
        assert_eq!((read.host.as_str(), read.path.as_str()), ("a.example", "/x"));
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let bytes = response(302, Some("https://a.example/"), "gone");
        let (read, raw) = read_response(&mut &bytes[..]).expect("an answer");
        assert_eq!((read.status, read.location.as_deref()), (302, Some("https://a.example/")));
        assert_eq!((read.body.as_str(), raw), ("gone", bytes));
    }

    #[test]
    fn what_is_no_http_is_refused() {
        assert!(read_head(&mut &vec![b'x'; MAX_HEAD + 1][..]).is_err());
        assert!(read_head(&mut &b"GET / HTTP/1.1\r\n"[..]).is_err());
        for head in [&b"\r\n\r\n"[..], b"GET / HTTP/1.1\r\n\r\n", b"\xff\r\n\r\n"] {
            assert!(parse_request(head).is_err());
        }
        assert!(read_response(&mut &b"HTTP/1.1 200 OK\r\n\r\n"[..]).is_err());
    }
}
