//! A statement that waits in PostgreSQL and then ends other connections of this server's, unless it is cancelled before:
//! what remains in force when this whole process stands still. When it is to be armed, `watchdog` says.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend;

use super::Backend;
use crate::data::row::Rows;

/// Whatever ends statements or idle connections, by the role's or the database's own settings, must not end this one.
const UNLIMITED: &str = "select pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings where name \
                         operator(pg_catalog.=) any (array['statement_timeout', 'lock_timeout', 'transaction_timeout', \
                         'idle_in_transaction_session_timeout', 'idle_session_timeout']::pg_catalog.text[])";

/// Only the role that has logged in may end what it has begun: the role's or the database's settings may have put another
/// in its place.
const AS_LOGGED_IN: &str = "reset session authorization; set role none";

impl Backend {
    /// The process that serves this connection. Behind a pooler it is not the one that was announced.
    pub async fn process_id(&mut self) -> io::Result<i32> {
        let [process] = self.ask_row("select pg_catalog.pg_backend_pid()").await?;
        process.and_then(|process| process.parse().ok()).ok_or_else(|| io::Error::other("no process id"))
    }

    /// The same, and when that process began: nothing else that is or was has both.
    pub async fn process(&mut self) -> io::Result<String> {
        let sql = "select pg_catalog.concat_ws('/', pid, extract(epoch from backend_start)) \
                   from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())";
        let [process] = self.ask_row(sql).await?;
        process.ok_or_else(|| io::Error::other("PostgreSQL does not say which process it is"))
    }

    /// Has PostgreSQL end these processes after a while. Returns those that it will end, once the time has begun to run.
    /// They are told by when they began, so that no later process of the same number is meant.
    pub async fn arm(&mut self, processes: &[i32], after: Duration) -> io::Result<Vec<i32>> {
        self.ask_simple(&format!("{AS_LOGGED_IN}; {UNLIMITED}"))?;
        self.flush().await?;
        if !self.await_row().await?.0 {
            return Err(io::Error::other("PostgreSQL refused to take the login role or to lift its time limits"));
        }
        let list = processes.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
        let ours = format!(
            "from pg_catalog.pg_stat_activity where pid operator(pg_catalog.=) any ('{{{list}}}'::pg_catalog.int4[]) \
             and backend_start is not null and pg_catalog.pg_has_role(usesysid, 'USAGE')"
        );
        let known = format!(
            "select extract(epoch from pg_catalog.clock_timestamp()), \
             (select pg_catalog.string_agg(pid::pg_catalog.text, ',') {ours})"
        );
        let [now, known] = self.ask_row(&known).await?;
        let now: f64 =
            now.and_then(|now| now.parse().ok()).ok_or_else(|| io::Error::other("PostgreSQL did not tell its time"))?;
        let wait = format!("select pg_catalog.pg_sleep({})", after.as_secs_f64());
        let end = format!(
            "select pg_catalog.pg_terminate_backend(pid) {ours} \
             and backend_start operator(pg_catalog.<=) pg_catalog.to_timestamp({now})"
        );
        // All is parsed and bound before the first answer is asked for: what comes behind it are two words to go on.
        for (portal, sql) in [("wait", wait.as_str()), ("end", end.as_str()), ("begin", "select 1")] {
            frontend::parse("", sql, [], &mut self.out)?;
            let no_values: [&[u8]; 0] = [];
            let bound =
                frontend::bind(portal, "", [0i16; 0], no_values, |_, _| Ok(IsNull::Yes), [0i16; 0], &mut self.out);
            bound.map_err(|_| io::Error::other("too large for PostgreSQL's protocol"))?;
        }
        frontend::execute("begin", 0, &mut self.out)?;
        frontend::flush(&mut self.out);
        frontend::execute("wait", 0, &mut self.out)?;
        frontend::execute("end", 0, &mut self.out)?;
        self.ask_for_end();
        self.flush().await?;
        self.await_beginning().await?;
        let known = known.unwrap_or_default();
        Ok(known.split(',').filter_map(|process| process.parse().ok()).collect())
    }

    /// Returns when what was armed has gone off, or its connection is lost.
    pub async fn goes_off(&mut self) {
        // Nothing comes while PostgreSQL waits, save for notices and changed settings, after which it is armed anew.
        let _ = self.fill().await;
    }

    /// Cancels what was armed.
    pub async fn disarm(&mut self) -> io::Result<()> {
        self.settle().await
    }

    async fn await_beginning(&mut self) -> io::Result<()> {
        loop {
            while let Some(message) = self.inbox.next()? {
                match message.tag {
                    b'C' => {
                        self.inbox.drop_rows();
                        return Ok(());
                    }
                    b'E' => return Err(io::Error::other("PostgreSQL refused to watch over this server")),
                    _ => {}
                }
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Runs a text that gives one row of so many columns.
    async fn ask_row<const N: usize>(&mut self, sql: &str) -> io::Result<[Option<String>; N]> {
        self.ask_simple(sql)?;
        self.flush().await?;
        let (fine, rows): (bool, Bytes) = self.await_row().await?;
        let mut row = Rows::new(&rows).next().and_then(Result::ok).filter(|_| fine);
        let Some(row) = &mut row else {
            return Err(io::Error::other("PostgreSQL did not answer the server's own query"));
        };
        let mut cell = || {
            let cell = row.cell().ok().flatten()?;
            Some(String::from_utf8_lossy(cell).into_owned())
        };
        Ok(std::array::from_fn(|_| cell()))
    }
}
