//! What the emitters make, in the servers, the router and the images that it is made for.

mod gunicorn;
mod haproxy;
mod image;
mod router;
mod shop;
