//! Compiles `proto/` with a pure-Rust compiler (no protoc to install) and, for the addon, sets up napi's linking.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    #[cfg(feature = "addon")]
    napi_build::setup();

    // Frames of code that is not optimized are many times as large: `plan` has to know.
    println!("cargo:rustc-check-cfg=cfg(unoptimized)");
    if matches!(std::env::var("OPT_LEVEL").as_deref(), Ok("0" | "1")) {
        println!("cargo:rustc-cfg=unoptimized");
    }

    let files = ["proto/db.proto", "proto/lookup.proto", "proto/legacy_db.proto", "proto/legacy_lookup.proto"];
    for file in files {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(files, ["proto"])?;
    tonic_prost_build::configure()
        .bytes(".")
        // Large and rare: most parts are of replies that succeed.
        .boxed(".mtdd.v1.ReplyPart.error")
        .compile_fds(descriptors)?;
    Ok(())
}
