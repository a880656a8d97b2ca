#![doc = include_str!("../README.md")]

pub mod auth;
mod download;
mod dto;
mod extract;
mod feed;
mod metrics;
mod openapi;
pub mod options;
mod problem;
mod router;
mod routes;
mod state;

pub use options::HttpOptions;
pub use router::router;
