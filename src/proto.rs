//! The protobuf types, generated from `proto/` by `build.rs`, for the client and the servers.

#![allow(clippy::all, missing_docs, non_camel_case_types)]

tonic::include_proto!("mtdd.v1");

/// The wire of version 1.x to query servers.
pub mod legacy_db {
    tonic::include_proto!("db");
}

/// The wire of version 1.x to lookup servers.
pub mod legacy_lookup {
    tonic::include_proto!("mtdd");
}
