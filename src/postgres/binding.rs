//! Channel binding: ties the password proof to one TLS connection by the hash of the server's certificate, RFC 5929's
//! `tls-server-end-point`. A man in the middle with another certificate cannot pass the proof on.

use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};

/// The channel binding for a certificate (DER); None: its signature algorithm defines no single hash.
pub fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    Some(digest(hash_of(signature_algorithm(certificate)?)?, certificate).as_ref().to_vec())
}

/// The hash of the signature, or SHA-256 instead of weak ones.
fn hash_of(algorithm: &[u8]) -> Option<&'static Algorithm> {
    const RSA: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA: [u8; 6] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
    if let Some(rest) = algorithm.strip_prefix(&RSA) {
        return match rest {
            // MD5, SHA-1, SHA-256.
            [4 | 5 | 11] => Some(&SHA256),
            [12] => Some(&SHA384),
            [13] => Some(&SHA512),
            _ => None,
        };
    }
    match algorithm.strip_prefix(&ECDSA)? {
        [1] | [3, 2] => Some(&SHA256),
        [3, 3] => Some(&SHA384),
        [3, 4] => Some(&SHA512),
        _ => None,
    }
}

/// The identifier of a certificate's `signatureAlgorithm`, its second field.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    let (fields, _) = element(0x30, certificate)?;
    let (_, after_body) = element(0x30, fields)?;
    let (algorithm, _) = element(0x30, after_body)?;
    Some(element(0x06, algorithm)?.0)
}

/// The contents of the first element, which has this tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

    use super::*;

    #[test]
    fn the_hash_is_the_one_of_the_certificates_signature() {
        for (algorithm, length) in
            [(&PKCS_ECDSA_P256_SHA256, Some(32)), (&PKCS_ECDSA_P384_SHA384, Some(48)), (&PKCS_ED25519, None)]
        {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let certificate = CertificateParams::new(vec!["db".to_owned()]).unwrap().self_signed(&key).unwrap();
            let binding = server_end_point(certificate.der());
            assert_eq!(binding.as_ref().map(Vec::len), length);
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_binding() {
        for der in [&b""[..], b"0", b"0\x80", b"0\x84\xff\xff\xff\xff", b"0\x05\x30\x03\x06\x01\x00", &[0x30; 10_000]] {
            assert_eq!(server_end_point(der), None);
        }
    }
}
