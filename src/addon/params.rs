//! Converts query parameters from JavaScript: an array of null (NULL), strings (text) and Buffers (binary), or null for
//! none.

use std::ffi::c_void;
use std::ops::RangeInclusive;
use std::ptr;

use bytes::Bytes;
use napi::bindgen_prelude::{FromNapiValue, TypeName, ValidateNapiValue};
use napi::{Result, ValueType, check_status, sys};

use crate::client::parameter;
use crate::proto::Parameter;

/// Texts of so many UTF-16 units are written into a buffer of the largest size that they can need. To find out the
/// exact size, V8 would read them twice more, on the event loop. Memory that is not touched costs next to nothing.
const LONG: RangeInclusive<usize> = 64 * 1024..=64 * 1024 * 1024;
/// UTF-8 bytes for one unit of UTF-16.
const MOST_BYTES: usize = 3;

pub struct Params(pub Vec<Parameter>);

impl TypeName for Params {
    fn type_name() -> &'static str {
        "Array"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for Params {}

impl FromNapiValue for Params {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: `env` and `value` are what Node called us with; every handle below comes from them in this scope.
        unsafe {
            if type_of(env, value)? == sys::ValueType::napi_null {
                return Ok(Params(Vec::new()));
            }
            let mut length = 0;
            check_status!(sys::napi_get_array_length(env, value, &mut length), "params: expected an array")?;
            let mut params = Vec::with_capacity(length as usize);
            for index in 0..length {
                let mut element = ptr::null_mut();
                check_status!(sys::napi_get_element(env, value, index, &mut element))?;
                params.push(match type_of(env, element)? {
                    sys::ValueType::napi_null => parameter(None, false),
                    sys::ValueType::napi_string => parameter(Some(text(env, element)?), false),
                    _ => parameter(Some(binary(env, element)?), true),
                });
            }
            Ok(Params(params))
        }
    }
}

/// # Safety
/// `value` is a live handle of `env`.
unsafe fn type_of(env: sys::napi_env, value: sys::napi_value) -> Result<sys::napi_valuetype> {
    let mut kind = 0;
    // SAFETY: by this function's contract.
    check_status!(unsafe { sys::napi_typeof(env, value, &mut kind) })?;
    Ok(kind)
}

/// # Safety
/// `value` is a live handle of `env`, to a string.
unsafe fn text(env: sys::napi_env, value: sys::napi_value) -> Result<Bytes> {
    let mut length = 0;
    // SAFETY: a null buffer asks for the length alone, which is known in UTF-16.
    check_status!(unsafe { sys::napi_get_value_string_utf16(env, value, ptr::null_mut(), 0, &mut length) })?;
    let is_long = LONG.contains(&length);
    if is_long {
        length *= MOST_BYTES;
    } else {
        // SAFETY: the same in UTF-8.
        check_status!(unsafe { sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &mut length) })?;
    }
    // Room for the NUL that Node appends.
    let mut text = vec![0u8; length + 1];
    // SAFETY: the buffer has as many bytes as is said.
    check_status!(unsafe {
        sys::napi_get_value_string_utf8(env, value, text.as_mut_ptr().cast(), text.len(), &mut length)
    })?;
    text.truncate(length);
    if is_long {
        text.shrink_to_fit();
    }
    Ok(text.into())
}

/// # Safety
/// `value` is a live handle of `env`.
unsafe fn binary(env: sys::napi_env, value: sys::napi_value) -> Result<Bytes> {
    let mut data: *mut c_void = ptr::null_mut();
    let mut length = 0;
    // SAFETY: by this function's contract; Node checks that it is a Buffer.
    let status = unsafe { sys::napi_get_buffer_info(env, value, &mut data, &mut length) };
    check_status!(status, "params: expected null, a string or a Buffer")?;
    if length == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: Node vouches for `length` bytes at `data` until we return to JavaScript; they are copied at once.
    Ok(Bytes::copy_from_slice(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) }))
}
