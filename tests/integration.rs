//! The one integration binary: the program as its users meet it, judged by strangers.

mod fixtures;
mod harness;

mod command_line;
mod emitters;
mod hostile_input;
#[cfg(unix)]
mod interop;
mod judges;
mod route;
mod safety;
