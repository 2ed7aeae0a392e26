//! The one integration binary: the program as its users meet it, judged by strangers.

mod harness;

mod command_line;
