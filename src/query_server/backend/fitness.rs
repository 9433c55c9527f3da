//! How long a healthy connection may be used: until it reaches its maximum age, until the pool switches to another
//! server, and only while its server has the role that `target_session_attrs` requires.

use std::io;
use std::time::{Duration, Instant};

use super::Backend;
use crate::postgres::{Role, random};

/// The random part of the age, so that connections opened together are not closed together.
const SPREAD: f64 = 0.2;

/// The fitness of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Fitness {
    /// The pool's generation in which it was opened.
    generation: u64,
    expires_at: Option<Instant>,
    /// PostgreSQL has refused to write there.
    is_doubted: bool,
}

/// What a connection is good for after a refusal to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Fits,
    /// The server has the role, but this session began while the database was read-only.
    Outdated,
    /// The server does not have the role.
    Misfit,
}

impl Fitness {
    /// For a connection that is being opened.
    pub fn new(generation: u64, max_age: Option<Duration>) -> Self {
        let age = max_age.map(|age| age.mul_f64(1.0 - SPREAD * random()));
        Fitness { generation, expires_at: age.and_then(|age| Instant::now().checked_add(age)), is_doubted: false }
    }
}

impl Backend {
    /// True if it was opened in this generation and has not reached its age.
    pub fn is_current(&self, generation: u64) -> bool {
        self.fitness.generation == generation && self.fitness.expires_at.is_none_or(|at| Instant::now() < at)
    }

    pub fn generation(&self) -> u64 {
        self.fitness.generation
    }

    /// PostgreSQL has refused to write (25006), as a former primary does, or a read-only transaction.
    pub fn doubt_role(&mut self) {
        self.fitness.is_doubted = self.target.role().question_after_refusal().is_some();
    }

    pub(super) fn role_is_doubted(&self) -> bool {
        self.fitness.is_doubted
    }

    /// Checks the server's role, if it is in doubt. Call it only when nothing else runs.
    pub async fn still_fits(&mut self) -> io::Result<Fit> {
        let question = self.target.role().question_after_refusal().filter(|_| self.fitness.is_doubted);
        let Some(question) = question else { return Ok(Fit::Fits) };
        self.fitness.is_doubted = false;
        self.ask_simple(&format!("{question}; {}", Role::WRITABLE))?;
        self.flush().await?;
        let mut answers = Vec::new();
        while self.outstanding > 0 {
            while let Some(message) = self.read_buffer.next()? {
                match message.tag {
                    b'C' => answers.push(self.read_buffer.body(&message) == b"SELECT 1\0"),
                    b'Z' => drop(self.note_ready(&message)),
                    _ => {}
                }
                self.read_buffer.drop_rows();
            }
            self.read_buffer.drop_rows();
            if self.outstanding > 0 && self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(match answers[..] {
            [true, true] => Fit::Fits,
            [true, ..] => Fit::Outdated,
            _ => Fit::Misfit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_spread_and_never_longer_than_asked_for() {
        let age = Duration::from_secs(1000);
        let before = Instant::now();
        let ends: Vec<_> = (0..100).map(|_| Fitness::new(0, Some(age)).expires_at.unwrap() - before).collect();
        assert!(ends.iter().all(|end| (Duration::from_secs(799)..Duration::from_secs(1001)).contains(end)));
        let spread = *ends.iter().max().unwrap() - *ends.iter().min().unwrap();
        assert!(spread > Duration::from_secs(50), "{spread:?}");
        assert!(Fitness::new(0, None).expires_at.is_none());
    }
}
