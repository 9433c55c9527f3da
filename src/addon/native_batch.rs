//! Converts a batch for JavaScript into `[chunks, extras, shapes, skeletons, droppedShapes, logs, wantsToken]`, with
//! null for empty lists.

use std::ptr;

use napi::bindgen_prelude::{ToNapiValue, TypeName};
use napi::{Result, ValueType, check_status, sys};

use crate::data::compact::{EncodedBatch, Extra};

pub struct NativeBatch(pub EncodedBatch);

impl TypeName for NativeBatch {
    fn type_name() -> &'static str {
        "Array"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for NativeBatch {
    unsafe fn to_napi_value(env: sys::napi_env, NativeBatch(batch): Self) -> Result<sys::napi_value> {
        let EncodedBatch { chunks, extras, shapes, skeletons, dropped_shapes, logs, wants_token } = batch;
        // SAFETY: `env` is the environment that called us; the handles made here live until we return to it.
        unsafe {
            let chunks = array(env, chunks, |chunk| latin1(env, &chunk))?;
            let extras = array(env, extras, |extra| {
                let value = match extra {
                    Extra::Text(text) => utf8(env, &text),
                    Extra::Bytes(bytes) => buffer(env, &bytes),
                };
                value.or_else(|_| none_instead(env))
            })?;
            let shapes = array(env, shapes, |shape| String::to_napi_value(env, shape))?;
            let skeletons = array(env, skeletons, |skeleton| String::to_napi_value(env, skeleton))?;
            let dropped = array(env, dropped_shapes, |id| u32::to_napi_value(env, id))?;
            let logs = array(env, logs, |log| String::to_napi_value(env, log))?;
            let wants_token = bool::to_napi_value(env, wants_token)?;
            let mut array = ptr::null_mut();
            check_status!(sys::napi_create_array_with_length(env, 7, &mut array))?;
            for (index, part) in [chunks, extras, shapes, skeletons, dropped, logs, wants_token].into_iter().enumerate()
            {
                check_status!(sys::napi_set_element(env, array, index as u32, part))?;
            }
            Ok(array)
        }
    }
}

/// # Safety
/// `env` is live, and `convert` makes handles of it.
unsafe fn array<T>(
    env: sys::napi_env,
    items: Vec<T>,
    convert: impl Fn(T) -> Result<sys::napi_value>,
) -> Result<sys::napi_value> {
    let mut array = ptr::null_mut();
    // SAFETY: by this function's contract.
    unsafe {
        if items.is_empty() {
            check_status!(sys::napi_get_null(env, &mut array))?;
            return Ok(array);
        }
        check_status!(sys::napi_create_array_with_length(env, items.len(), &mut array))?;
        for (index, item) in items.into_iter().enumerate() {
            check_status!(sys::napi_set_element(env, array, index as u32, convert(item)?))?;
        }
    }
    Ok(array)
}

/// null for a value that V8 does not take, such as a text longer than its strings can be: only the reply that it belongs
/// to fails, and `js/native/decoder.js` says why.
///
/// # Safety
/// `env` is live.
unsafe fn none_instead(env: sys::napi_env) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: by this function's contract.
    unsafe {
        let mut is_pending = false;
        check_status!(sys::napi_is_exception_pending(env, &mut is_pending))?;
        if is_pending {
            check_status!(sys::napi_get_and_clear_last_exception(env, &mut value))?;
        }
        check_status!(sys::napi_get_null(env, &mut value))?;
    }
    Ok(value)
}

/// # Safety
/// `env` is live.
unsafe fn latin1(env: sys::napi_env, text: &[u8]) -> Result<sys::napi_value> {
    let mut string = ptr::null_mut();
    // SAFETY: pointer and length are one slice's; Node copies it.
    check_status!(unsafe {
        sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut string)
    })?;
    Ok(string)
}

/// Bytes that are not UTF-8 become U+FFFD, as in `pg`.
///
/// # Safety
/// `env` is live.
unsafe fn utf8(env: sys::napi_env, text: &[u8]) -> Result<sys::napi_value> {
    let mut string = ptr::null_mut();
    // SAFETY: pointer and length are one slice's; Node copies it.
    check_status!(unsafe {
        sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut string)
    })?;
    Ok(string)
}

/// # Safety
/// `env` is live.
unsafe fn buffer(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let mut buffer = ptr::null_mut();
    // SAFETY: pointer and length are one slice's; Node copies it.
    check_status!(unsafe {
        sys::napi_create_buffer_copy(env, bytes.len(), bytes.as_ptr().cast(), ptr::null_mut(), &mut buffer)
    })?;
    Ok(buffer)
}
