//! Resets a session to the state of a new one: removes whatever a statement, function, trigger or procedure may have
//! left there. Statements that this server prepared may stay. Called by `clean`, between two callers.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Backend;
use crate::data::row::Rows;

/// RESET ALL does not reset `role` and `session_authorization`. CLOSE ALL closes cursors WITH HOLD.
const RESET: &str = "set session authorization default; reset role; reset all; close all; unlisten *; discard temp; \
                     discard sequences; ";

/// State that DISCARD ALL, which also drops prepared statements, does not reset.
const RESET_AFTER_DISCARD: &str = "reset role; ";

/// Releases locks, seeds random() again, and asks what is left: the number of statements prepared by SQL, that of
/// others, extensions whose state PostgreSQL cannot reset, and whether more queries are needed for that. The last line
/// is completed later.
const LOOK: &str = include_str!("reset.sql");

/// Other such state, if there are foreign servers or replication origins.
const KEEPERS: &str = include_str!("keepers.sql");

impl Backend {
    /// Resets the session, except for the settings of the application that used it last and this server's prepared
    /// statements. A session that cannot be reset is marked as broken.
    pub(super) async fn start_over(&mut self) -> io::Result<()> {
        if self.keeps_statements() {
            self.ask_simple(&format!("{RESET}{LOOK}{})", seed()))?;
        } else {
            // The fastest way; DISCARD ALL must be a separate statement.
            self.ask_simple("discard all")?;
            self.ask_simple(&format!("{RESET_AFTER_DISCARD}{LOOK}{})", seed()))?;
            self.forget_statements();
        }
        self.ask_for_settings_again()?;
        self.flush().await?;
        let (fine, rows) = self.await_row().await?;
        if !fine {
            return Err(io::Error::other("PostgreSQL refused to reset the session"));
        }
        let mut row = Rows::new(&rows).next().and_then(Result::ok);
        let mut cell = || row.as_mut().and_then(|row| row.cell().ok());
        let (Some(Some(by_sql)), Some(Some(ours)), Some(keepers), Some(Some(is_more))) =
            (cell(), cell(), cell(), cell())
        else {
            return Err(io::Error::other("PostgreSQL did not report what is left in the session"));
        };
        if let Some(keepers) = keepers {
            self.mark_broken();
            say_once(&String::from_utf8_lossy(keepers));
            return Ok(());
        }
        if by_sql != b"0" || ours != self.count_prepared().to_string().as_bytes() {
            // Someone has prepared a statement, or removed one of this server's.
            self.command("deallocate all").await?;
            self.forget_statements();
        }
        if is_more == b"t" {
            self.look_further().await?;
        }
        Ok(())
    }

    async fn look_further(&mut self) -> io::Result<()> {
        self.ask_simple(KEEPERS)?;
        self.flush().await?;
        let (fine, rows) = self.await_row().await?;
        let mut row = Rows::new(&rows).next().and_then(Result::ok);
        match row.as_mut().and_then(|row| row.cell().ok()) {
            Some(None) if fine => {}
            Some(Some(keepers)) if fine => {
                self.mark_broken();
                say_once(&String::from_utf8_lossy(keepers));
            }
            _ => return Err(io::Error::other("PostgreSQL did not report what is left in the session")),
        }
        Ok(())
    }
}

/// Between -1 and 1.
fn seed() -> f64 {
    let number = RandomState::new().hash_one(0u8) >> 11;
    number as f64 / (1u64 << 52) as f64 - 1.0
}

fn say_once(keepers: &str) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            keepers,
            "an extension keeps session state that PostgreSQL cannot reset, so connections are closed after each query \
                 that may have used it, which is slow"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::qualified::bare_operators;

    #[test]
    fn no_operator_of_somebody_elses_can_take_part_in_a_reset() {
        for sql in [LOOK, KEEPERS] {
            assert_eq!(bare_operators(sql), [""; 0]);
        }
    }
}
