//! The one integration binary: the program as its users meet it, judged by strangers.

#![allow(unreachable_pub, reason = "modules of one binary: `pub` says what a module offers to the others")]

mod fixtures;
mod harness;

mod architecture;
mod command_line;
mod completions;
mod documents;
mod emitters;
mod hostile_input;
#[cfg(unix)]
mod interop;
mod judges;
mod prompts;
mod route;
mod safety;
mod verify_command;
