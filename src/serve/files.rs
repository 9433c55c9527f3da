//! Reads the files that options name, at the start and again when they change. Errors name the flag.

use std::fs;
use std::path::Path;

/// The tokens of a file, one per line; blank lines are skipped.
pub fn tokens_of(file: &Path) -> Result<Vec<String>, String> {
    let text =
        String::from_utf8(read("token-file", file)?).map_err(|_| "--token-file: is not UTF-8 text".to_owned())?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// The bytes of the file that `--flag` names.
pub fn read(flag: &str, file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("--{flag}: cannot read {}: {error}", file.display()))
}
