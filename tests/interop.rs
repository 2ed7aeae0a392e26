//! What the emitters make, in the servers, the router and the images that it is made for.

mod cert_manager;
mod cluster;
mod compose;
mod deployment;
mod dhparam;
mod env;
mod gateway;
mod apache;
mod gunicorn;
mod haproxy;
mod image;
mod ingress;
mod k8s_secret;
mod k8s_trust;
mod router;
mod shop;
mod trust_manager;
mod nginx;
mod router;
mod router_haproxy;
mod shop;
mod web;
