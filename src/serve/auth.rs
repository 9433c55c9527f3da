//! Bearer tokens. Every call except health checks must send one of the tokens as `authorization: Bearer <token>`;
//! during a rotation there are two. `listener` decides which services are protected. A stream learns by
//! the `Revocation` of its call that its token is accepted no longer.

use std::sync::{Arc, PoisonError, RwLock};

use subtle::{ConditionallySelectable, ConstantTimeEq};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::shutdown::{Drain, Revocation, Shutdown, shutdown};

/// Accepts calls with one of the tokens, or all calls if there are none. Clones share the tokens.
#[derive(Clone)]
pub struct BearerAuth(Option<Arc<RwLock<Vec<Token>>>>);

/// A token that is accepted.
struct Token {
    secret: Vec<u8>,
    revoked: Shutdown,
    /// Starts when it is revoked.
    revocation: Drain,
}

impl Token {
    fn new(secret: &str) -> Self {
        let (revoked, revocation) = shutdown();
        Token { secret: secret.as_bytes().to_vec(), revoked, revocation }
    }
}

impl BearerAuth {
    /// Accepts all calls.
    pub fn none() -> Self {
        BearerAuth(None)
    }

    /// Accepts calls with one of these tokens; an error says what is wrong with a token, without showing it.
    pub fn new(tokens: &[String]) -> Result<Self, &'static str> {
        let auth = BearerAuth(Some(Arc::default()));
        auth.accept(tokens)?;
        Ok(auth)
    }

    /// Replaces the tokens. After an error the previous ones stay.
    pub fn accept(&self, tokens: &[String]) -> Result<(), &'static str> {
        if tokens.is_empty() || tokens.iter().any(String::is_empty) {
            return Err("must not be empty");
        }
        if !tokens.iter().all(|token| token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err("must be visible ASCII without spaces, since it travels in a header");
        }
        if let Some(current) = &self.0 {
            let mut current = current.write().unwrap_or_else(PoisonError::into_inner);
            let (mut kept, gone): (Vec<_>, Vec<_>) =
                current.drain(..).partition(|known| tokens.iter().any(|token| token.as_bytes() == known.secret));
            for token in tokens {
                if !kept.iter().any(|known| known.secret == token.as_bytes()) {
                    kept.push(Token::new(token));
                }
            }
            *current = kept;
            gone.iter().for_each(|token| token.revoked.start());
        }
        Ok(())
    }

    /// True if callers must send a token.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

impl Interceptor for BearerAuth {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
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
        // Compares all secrets in constant time; does not hide their lengths.
        let expected = expected.read().unwrap_or_else(PoisonError::into_inner);
        // The number of the one that matches, counted from 1.
        let mut right = 0;
        for (number, one) in (1u32..).zip(&*expected) {
            right = u32::conditional_select(&right, &number, token.ct_eq(&one.secret));
        }
        let accepted = (right as usize).checked_sub(1).and_then(|index| expected.get(index));
        let Some(revocation) = accepted.map(|token| token.revocation.clone()) else {
            return Err(Status::unauthenticated("authorization: the bearer token is wrong"));
        };
        drop(expected);
        request.extensions_mut().insert(Revocation(revocation));
        Ok(request)
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
        BearerAuth::new(&["s3cret".to_owned()]).unwrap().call(request).map(drop).map_err(|status| status.code())
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
    fn during_a_rotation_both_tokens_pass_and_afterwards_only_the_new_one() {
        let auth = BearerAuth::new(&["old".to_owned()]).unwrap();
        let passes = |token: &str| {
            let mut request = Request::new(());
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            auth.clone().call(request).is_ok()
        };
        assert!(passes("old") && !passes("new"));
        auth.accept(&["old".to_owned(), "new".to_owned()]).unwrap();
        assert!(passes("old") && passes("new") && !passes("oldnew"));
        auth.accept(&["new".to_owned()]).unwrap();
        assert!(!passes("old") && passes("new"));
        for wrong in [&[][..], &[String::new()], &["a b".to_owned()]] {
            assert!(auth.accept(wrong).is_err());
        }
        assert!(passes("new") && !passes(""));
    }

    #[test]
    fn a_call_learns_when_its_own_token_is_revoked() {
        let auth = BearerAuth::new(&["old".to_owned()]).unwrap();
        let call = |token: &str| {
            let mut request = Request::new(());
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            let accepted = auth.clone().call(request).unwrap();
            accepted.extensions().get::<Revocation>().unwrap().0.clone()
        };
        let old = call("old");
        auth.accept(&["new".to_owned(), "old".to_owned()]).unwrap();
        let new = call("new");
        assert!(!old.started());
        auth.accept(&["new".to_owned()]).unwrap();
        assert!(old.started() && !new.started());
    }

    #[test]
    fn without_a_token_everybody_passes() {
        assert!(BearerAuth::none().call(Request::new(())).is_ok());
    }
}
