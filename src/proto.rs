//! The wire contract as Rust types, generated from `proto/` by `build.rs`. Both the client and the servers speak it;
//! nothing is added here.

#![allow(clippy::all, missing_docs)]

tonic::include_proto!("mtdd.v1");
