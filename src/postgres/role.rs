//! The role that a PostgreSQL must have among several with the same data: libpq's `target_session_attrs`. Provides the
//! query for it; whoever opens connections runs it.

/// libpq's `target_session_attrs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl Role {
    pub(super) fn parse(name: &str) -> Option<Role> {
        Some(match name {
            "any" => Role::Any,
            "read-write" => Role::ReadWrite,
            "read-only" => Role::ReadOnly,
            "primary" => Role::Primary,
            "standby" => Role::Standby,
            "prefer-standby" => Role::PreferStandby,
            _ => return None,
        })
    }

    /// The roles to look for, in order of preference.
    pub fn choices(self) -> &'static [Role] {
        match self {
            Role::Any => &[Role::Any],
            Role::ReadWrite => &[Role::ReadWrite],
            Role::ReadOnly => &[Role::ReadOnly],
            Role::Primary => &[Role::Primary],
            Role::Standby => &[Role::Standby],
            Role::PreferStandby => &[Role::Standby, Role::Any],
        }
    }

    /// A statement that returns a row if the server has this role; None: any server does. It checks the server's own
    /// state, not this session's settings.
    pub fn question(self) -> Option<&'static str> {
        Some(match self {
            Role::Any | Role::PreferStandby => return None,
            Role::ReadWrite => {
                "select where not pg_catalog.pg_is_in_recovery() and exists (select from pg_catalog.pg_settings \
                 where name operator(pg_catalog.=) 'default_transaction_read_only' \
                 and reset_val operator(pg_catalog.=) 'off')"
            }
            Role::ReadOnly => {
                "select where pg_catalog.pg_is_in_recovery() or exists (select from pg_catalog.pg_settings \
                 where name operator(pg_catalog.=) 'default_transaction_read_only' \
                 and reset_val operator(pg_catalog.=) 'on')"
            }
            Role::Primary => "select where not pg_catalog.pg_is_in_recovery()",
            Role::Standby => "select where pg_catalog.pg_is_in_recovery()",
        })
    }

    /// The check for a server that has just refused to write (25006); None: it may refuse.
    pub fn question_after_refusal(self) -> Option<&'static str> {
        match self {
            // No primary is required, but after a failover the address may lead to a new primary.
            Role::Any => Role::Primary.question(),
            Role::ReadWrite | Role::Primary => self.question(),
            Role::ReadOnly | Role::Standby | Role::PreferStandby => None,
        }
    }

    /// A statement that returns a row unless this session's transactions are read-only by default, as the database was
    /// when the session began.
    pub const WRITABLE: &str = "select where exists (select from pg_catalog.pg_settings \
                                where name operator(pg_catalog.=) 'default_transaction_read_only' \
                                and reset_val operator(pg_catalog.=) 'off')";

    /// Why a server does not have the role.
    pub fn misfit(self) -> &'static str {
        match self {
            Role::Any | Role::PreferStandby => "it fits",
            Role::ReadWrite => "it does not accept writes (target_session_attrs=read-write)",
            Role::ReadOnly => "it accepts writes (target_session_attrs=read-only)",
            Role::Primary => "it is a standby (target_session_attrs=primary)",
            Role::Standby => "it is not a standby (target_session_attrs=standby)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::qualified::bare_operators;

    #[test]
    fn no_operator_of_somebody_elses_can_take_part_in_a_question() {
        assert_eq!(bare_operators(Role::WRITABLE), [""; 0]);
        for role in [Role::ReadWrite, Role::ReadOnly, Role::Primary, Role::Standby] {
            assert_eq!(bare_operators(role.question().unwrap_or_default()), [""; 0]);
        }
    }
}
