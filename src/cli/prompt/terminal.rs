//! The terminal that questions are drawn on.

use dialoguer::console::Term;

/// The terminal of standard error, on which the cursor stays visible: Ctrl-C ends the program at once, and no one would
/// be left to show it again.
#[cfg(unix)]
pub(super) fn terminal() -> Term {
    Term::read_write_pair(std::io::stdin(), WithCursor)
}

#[cfg(not(unix))]
pub(super) fn terminal() -> Term {
    Term::stderr()
}

/// Standard error without the sequence that hides the cursor (DECTCEM), which arrives in a piece of its own.
#[cfg(unix)]
#[derive(Debug)]
struct WithCursor;

#[cfg(unix)]
impl std::io::Write for WithCursor {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match bytes == b"\x1b[?25l" {
            true => Ok(bytes.len()),
            false => std::io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for WithCursor {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        std::io::stderr().as_raw_fd()
    }
}
