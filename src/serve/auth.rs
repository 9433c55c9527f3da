//! The shared secret: every call but health checks must bring it as `authorization: Bearer <token>`. Which services
//! are guarded is `listener`'s business.

use std::sync::Arc;

use subtle::ConstantTimeEq;
use tonic::service::Interceptor;
use tonic::{Request, Status};

/// Lets calls with the right token pass; without a token configured, all.
#[derive(Clone)]
pub struct BearerAuth(Option<Arc<[u8]>>);

impl BearerAuth {
    /// Everybody may call.
    pub fn none() -> Self {
        BearerAuth(None)
    }

    /// Callers must bring this token; an error says what is wrong with it, without showing it.
    pub fn new(token: &str) -> Result<Self, &'static str> {
        if token.is_empty() {
            return Err("must not be empty");
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("must be visible ASCII without spaces, since it travels in a header");
        }
        Ok(BearerAuth(Some(token.as_bytes().into())))
    }

    /// True if callers must bring a token.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

impl Interceptor for BearerAuth {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let Some(expected) = &self.0 else {
            return Ok(request);
        };
        let header = request.metadata().get("authorization").map(|value| value.as_bytes());
        let Some((scheme, token)) = header.and_then(|header| header.split_at_checked("Bearer ".len())) else {
            return Err(Status::unauthenticated("authorization: a bearer token is required"));
        };
        if !scheme.eq_ignore_ascii_case(b"Bearer ") {
            return Err(Status::unauthenticated("authorization: a bearer token is required"));
        }
        // Constant time in the bytes; the length of the secret is not hidden.
        if bool::from(token.ct_eq(expected)) {
            Ok(request)
        } else {
            Err(Status::unauthenticated("authorization: the bearer token is wrong"))
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    fn call(header: Option<&str>) -> Result<(), Code> {
        let mut request = Request::new(());
        if let Some(header) = header {
            request.metadata_mut().insert("authorization", header.parse().unwrap());
        }
        BearerAuth::new("s3cret").unwrap().call(request).map(drop).map_err(|status| status.code())
    }

    #[test]
    fn only_the_right_token_passes() {
        assert_eq!(call(Some("Bearer s3cret")), Ok(()));
        assert_eq!(call(Some("bearer s3cret")), Ok(()));
        for header in [None, Some(""), Some("s3cret"), Some("Basic s3cret"), Some("Bearer "), Some("Bearer s3creT")] {
            assert_eq!(call(header), Err(Code::Unauthenticated), "{header:?}");
        }
        assert_eq!(call(Some("Bearer s3cret2")), Err(Code::Unauthenticated));
    }

    #[test]
    fn without_a_token_everybody_passes() {
        assert!(BearerAuth::none().call(Request::new(())).is_ok());
    }
}
