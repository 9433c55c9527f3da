//! An incoming query: the request, its settings, its deadline, and the memory that it holds.

use std::net::SocketAddr;

use super::backend::TenantIdentity;
use super::fair::OwnerId;
use super::memory::Reserved;
use super::settings::SessionSettings;
use super::stop::TimeLimit;
use crate::proto::QueryRequest;

/// One query, ready to run.
pub struct IncomingQuery {
    pub request: QueryRequest,
    pub settings: SessionSettings,
    pub limit: Option<TimeLimit>,
    /// The connection that it came on.
    pub caller: Option<SocketAddr>,
    /// The tenant's type, as its setting has it.
    tenant_type: String,
    /// The memory that it holds.
    _memory: Option<Reserved>,
}

impl IncomingQuery {
    /// `settings`: those of the request, or of its stream.
    pub fn new(
        request: QueryRequest,
        settings: SessionSettings,
        limit: Option<TimeLimit>,
        caller: Option<SocketAddr>,
        memory: Option<Reserved>,
    ) -> Self {
        let tenant_type = request.tenant_type.map(|kind| kind.to_string()).unwrap_or_default();
        IncomingQuery { request, settings, limit, caller, tenant_type, _memory: memory }
    }

    /// The approximate size of a request in bytes.
    pub fn size_of(request: &QueryRequest) -> usize {
        let premise = request.premise.iter().flat_map(|premise| &premise.params);
        let params = request.params.iter().chain(premise);
        let params = params.map(|param| 32 + param.value.as_ref().map_or(0, |value| value.len()));
        let premise = request.premise.as_ref().map_or(0, |premise| premise.sql.len());
        request.sql.len() + premise + params.sum::<usize>()
    }

    /// The owner of its turn in queues.
    pub fn owner(&self) -> OwnerId {
        OwnerId::of(self.request.tenant.as_deref(), self.request.tenant_type.unwrap_or_default(), self.caller)
    }

    /// True if it must not wait for connections that its caller may hold.
    pub fn is_question(&self) -> bool {
        self.request.question && self.request.tenant.is_none()
    }

    /// Its tenant. Callers that do not know types leave the type empty, which matches no type.
    pub fn identity(&self) -> Option<TenantIdentity<'_>> {
        let tenant = self.request.tenant.as_deref()?;
        Some(TenantIdentity { tenant, kind: &self.tenant_type })
    }
}
