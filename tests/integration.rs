//! The one integration binary: the program as its users meet it, judged by strangers.

mod fixtures;
mod harness;

mod command_line;
mod emitters;
#[cfg(unix)]
mod interop;
mod route;
mod hostile_input;
mod safety;
mod judges;
