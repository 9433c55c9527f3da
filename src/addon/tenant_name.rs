//! Converts a tenant's name from JavaScript. Refuses a string with half of a surrogate pair: as UTF-8 it would become
//! another tenant's name.

use napi::bindgen_prelude::{FromNapiValue, TypeName, Utf16String, ValidateNapiValue};
use napi::{Error, Result, Status, ValueType, sys};

pub struct TenantName(pub String);

impl TypeName for TenantName {
    fn type_name() -> &'static str {
        "String"
    }

    fn value_type() -> ValueType {
        ValueType::String
    }
}

impl ValidateNapiValue for TenantName {}

impl FromNapiValue for TenantName {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: `env` and `value` are what Node called us with.
        let units = unsafe { Utf16String::from_napi_value(env, value) }?;
        let refused = |_| Error::new(Status::InvalidArg, "tenant: half of a surrogate pair, which is no character");
        String::from_utf16(&units).map(TenantName).map_err(refused)
    }
}
