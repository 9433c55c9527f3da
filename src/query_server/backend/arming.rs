//! A statement that waits in PostgreSQL and then ends this server's other connections, unless it is cancelled first. It
//! still works when this whole process is frozen. `watchdog` decides when to arm it.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend;

use super::Backend;
use crate::data::row::Rows;
use crate::query_server::decode;
use crate::query_server::served::Process;

/// Time limits from the role's or the database's settings must not end this connection.
const UNLIMITED: &str = "select pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings where name \
                         operator(pg_catalog.=) any (array['statement_timeout', 'lock_timeout', 'transaction_timeout', \
                         'idle_in_transaction_session_timeout', 'idle_session_timeout']::pg_catalog.text[])";

/// Only the login role may end its connections, and the role's or the database's settings may have set another role.
const AS_LOGGED_IN: &str = "reset session authorization; set role none";

/// Identifies a process by its pid and its start time in microseconds, which no other process shares.
const PROCESS: &str = "pg_catalog.concat_ws('/', pid, \
                       pg_catalog.to_char(backend_start at time zone 'UTC', 'YYYYMMDDHH24MISSUS'))";

/// PostgreSQL's message when the timer has started.
const BEGUN: &str = "mtdd-server: the time has begun to run";

/// Those of `processes` that exist and that the login role may end.
fn among(processes: &[Process]) -> String {
    let list = |is_wanted: fn(&Process) -> bool, text: fn(&Process) -> String| {
        processes.iter().filter(|process| is_wanted(process)).map(text).collect::<Vec<_>>().join(",")
    };
    let any = list(|process| process.began.is_none(), |process| process.number.to_string());
    let known = list(
        |process| process.began.is_some(),
        |Process { number, began }| format!("{number}/{}", began.as_deref().unwrap_or_default()),
    );
    format!(
        "from pg_catalog.pg_stat_activity where (pid operator(pg_catalog.=) any ('{{{any}}}'::pg_catalog.int4[]) \
         or {PROCESS} operator(pg_catalog.=) any ('{{{known}}}'::pg_catalog.text[])) \
         and backend_start is not null and pg_catalog.pg_has_role(usesysid, 'USAGE')"
    )
}

impl Backend {
    /// The process that serves this connection. With a pooler it is not the announced one.
    pub async fn process_id(&mut self) -> io::Result<i32> {
        let [process] = self.ask_row("select pg_catalog.pg_backend_pid()").await?;
        process.and_then(|process| process.parse().ok()).ok_or_else(|| io::Error::other("no process id"))
    }

    /// The same with its start time.
    pub async fn process(&mut self) -> io::Result<Process> {
        let sql = format!("select {PROCESS} from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())");
        let [process] = self.ask_row(&sql).await?;
        let process = process.as_deref().and_then(Process::read);
        process.ok_or_else(|| io::Error::other("PostgreSQL does not say which process it is"))
    }

    /// Makes PostgreSQL end these processes after a while. Returns those that it will end, once the timer has started.
    pub async fn arm(&mut self, processes: &[Process], after: Duration) -> io::Result<Vec<Process>> {
        self.ask_simple(&format!("{AS_LOGGED_IN}; {UNLIMITED}"))?;
        self.flush().await?;
        if !self.await_row().await?.0 {
            return Err(io::Error::other("PostgreSQL refused to take the login role or to lift its time limits"));
        }
        let [found] =
            self.ask_row(&format!("select pg_catalog.string_agg({PROCESS}, ',') {}", among(processes))).await?;
        let found: Vec<_> = found.iter().flat_map(|found| found.split(',')).filter_map(Process::read).collect();
        let end = format!("pg_catalog.pg_terminate_backend(pid) {}", among(&found));
        if !self.arm_in_steps(after, &end).await? {
            self.arm_at_once(after, &end).await?;
        }
        Ok(found)
    }

    /// Waits in many short transactions, so that VACUUM and CREATE INDEX CONCURRENTLY do not wait for an old one.
    /// False: PostgreSQL has no PL/pgSQL for the login role.
    async fn arm_in_steps(&mut self, after: Duration, end: &str) -> io::Result<bool> {
        let steps = after.as_secs();
        let rest = (after - Duration::from_secs(steps)).as_secs_f64();
        self.ask_simple(&format!(
            "do language plpgsql $mtdd$ begin raise info '{BEGUN}'; perform pg_catalog.pg_sleep({rest}); \
             for step in 1..{steps} loop perform pg_catalog.pg_sleep(1); commit; end loop; \
             perform {end}; end $mtdd$"
        ))?;
        self.flush().await?;
        let begun = self.await_beginning().await?;
        if !begun {
            self.await_ready().await?;
        }
        Ok(begun)
    }

    /// The same in a single transaction.
    async fn arm_at_once(&mut self, after: Duration, end: &str) -> io::Result<()> {
        let wait = format!("select pg_catalog.pg_sleep({})", after.as_secs_f64());
        let end = format!("select {end}");
        // Everything is parsed and bound before the first flush; two Execute messages follow.
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
        match self.await_beginning().await? {
            true => Ok(()),
            false => Err(io::Error::other("PostgreSQL refused to watch this server")),
        }
    }

    /// Returns when the timer has fired, or the connection is lost.
    pub async fn goes_off(&mut self) {
        // While PostgreSQL waits, only notices and changed settings arrive; then the timer is armed again.
        let _ = self.fill().await;
    }

    /// Cancels the timer.
    pub async fn disarm(&mut self) -> io::Result<()> {
        self.settle().await
    }

    /// Waits until the timer has started; false: PostgreSQL refuses.
    async fn await_beginning(&mut self) -> io::Result<bool> {
        loop {
            while let Some(message) = self.read_buffer.next()? {
                match message.tag {
                    b'C' => {
                        self.read_buffer.drop_rows();
                        return Ok(true);
                    }
                    b'N' => {
                        let notice = decode::database_error(self.read_buffer.body(&message), message.length);
                        if notice.message == BEGUN {
                            return Ok(true);
                        }
                    }
                    b'E' => return Ok(false),
                    _ => {}
                }
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Runs a text that returns one row with this many columns.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::qualified::bare_operators;

    #[test]
    fn only_a_process_of_which_nothing_else_is_known_is_told_by_its_number() {
        let process = Process::read("12/20260102030405000006").unwrap();
        assert_eq!(process, Process { number: 12, began: Some("20260102030405000006".to_owned()) });
        let sql = among(&[process, Process { number: 34, began: None }]);
        assert!(sql.contains("any ('{34}'::") && sql.contains("any ('{12/20260102030405000006}'::"), "{sql}");
        assert_eq!(bare_operators(&sql), [""; 0]);
    }
}
