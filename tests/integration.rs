//! The one integration binary: the program as its users meet it, judged by strangers.

#![allow(clippy::disallowed_methods, reason = "tests put files of their own into the way")]
#![allow(unreachable_pub, reason = "modules of one binary: `pub` says what a module offers to the others")]

mod fixtures;
mod harness;

#[cfg(unix)]
mod apply;
mod architecture;
mod authorities;
mod command_line;
mod command_line_errors;
mod command_line_hints;
mod completions;
mod documents;
mod drafts;
mod emit_command;
mod emitters;
mod ephemeral;
#[cfg(unix)]
mod examples;
#[cfg(unix)]
mod hostile_input;
#[cfg(unix)]
mod interop;
mod judges;
#[cfg(unix)]
mod lint;
mod own_schemas;
mod page;
#[cfg(unix)]
mod policy;
mod prompts;
mod properties;
mod route;
#[cfg(unix)]
mod safety;
mod schemas;
mod show_command;
#[cfg(target_os = "linux")]
mod static_program;
mod verify_command;
#[cfg(unix)]
mod verify_connect;
mod verify_material;
mod verify_route;
mod words;
