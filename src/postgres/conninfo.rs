//! libpq's two notations for connections, `postgres://...` and `key=value ...`, split into pairs of names and values.
//! `parameters` interprets them. No error message repeats a value or anything that could be part of a password, because
//! in a text that cannot be parsed it is unclear where a password ends.

const EXPECTED: &str = "expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, special characters of the password \
                        percent-encoded, or libpq's KEY=VALUE pairs";
/// The longest parameter name of libpq.
const LONGEST_NAME: usize = 40;

/// One parameter.
#[derive(Debug, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub value: String,
    /// Whether the name may be shown, because it cannot be part of a password.
    pub nameable: bool,
}

impl Pair {
    fn new(name: &str, value: String) -> Pair {
        Pair { name: name.to_owned(), value, nameable: true }
    }

    /// Its name in error messages.
    pub fn shown(&self) -> Result<&str, String> {
        let plain = self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match self.nameable && plain && (1..=LONGEST_NAME).contains(&self.name.len()) {
            true => Ok(&self.name),
            false => Err(EXPECTED.to_owned()),
        }
    }
}

/// Parses a text; if a name occurs twice, the later one counts.
pub fn pairs(text: &str) -> Result<Vec<Pair>, String> {
    match text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) {
        Some(rest) => of_url(rest),
        None => of_list(text),
    }
    .ok_or_else(|| EXPECTED.to_owned())
}

fn of_url(rest: &str) -> Option<Vec<Pair>> {
    let mut pairs = Vec::new();
    // A password may contain a slash or a question mark: everything before the first `@` is user and password.
    let (credentials, rest) = rest.split_once('@').map_or((None, rest), |(before, after)| (Some(before), after));
    if let Some(credentials) = credentials {
        let (user, password) =
            credentials.split_once(':').map_or((credentials, None), |(user, password)| (user, Some(password)));
        pairs.push(Pair::new("user", decoded(user)?));
        if let Some(password) = password {
            pairs.push(Pair::new("password", decoded(password)?));
        }
    }
    let (before, parameters) = rest.split_once('?').map_or((rest, None), |(before, after)| (before, Some(after)));
    let (places, database) = before.split_once('/').unwrap_or((before, ""));
    if !places.is_empty() {
        let (mut hosts, mut ports) = (Vec::new(), Vec::new());
        for place in places.split(',') {
            let (host, port) = place_of(place)?;
            hosts.push(decoded(host)?);
            ports.push(port);
        }
        pairs.push(Pair::new("host", hosts.join(",")));
        if ports.iter().any(|port| !port.is_empty()) {
            pairs.push(Pair::new("port", ports.join(",")));
        }
    }
    if !database.is_empty() {
        pairs.push(Pair::new("dbname", decoded(database)?));
    }
    for parameter in parameters.into_iter().flat_map(|text| text.split('&')).filter(|text| !text.is_empty()) {
        let (name, value) = parameter.split_once('=')?;
        // An `@` after the host most likely belongs to a password that is not percent-encoded.
        let nameable = !rest.contains('@');
        pairs.push(Pair { name: decoded(name)?, value: decoded(value)?, nameable });
    }
    Some(pairs)
}

/// Host and port; the port is empty where there is none.
fn place_of(place: &str) -> Option<(&str, &str)> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, port)),
            None if after.is_empty() => Some((host, "")),
            None => None,
        };
    }
    Some(place.split_once(':').unwrap_or((place, "")))
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|byte| *byte != 0)?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

fn of_list(text: &str) -> Option<Vec<Pair>> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut rest = text.trim_start();
    let mut nameable = true;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim_end();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        let (value, after, quoted) = value_of(after.trim_start())?;
        pairs.push(Pair { name: name.to_owned(), value, nameable });
        // The text after an unquoted password may be its second half.
        nameable = quoted || !name.contains("password");
        rest = after.trim_start();
    }
    (!pairs.is_empty()).then_some(pairs)
}

/// A value, the rest of the text, and whether the value was quoted.
fn value_of(text: &str) -> Option<(String, &str, bool)> {
    let (quoted, body) = text.strip_prefix('\'').map_or((false, text), |body| (true, body));
    let mut value = String::new();
    let mut characters = body.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            '\'' if quoted => return Some((value, &body[at + 1..], true)),
            _ if !quoted && character.is_whitespace() => return Some((value, &body[at..], false)),
            _ => value.push(character),
        }
    }
    (!quoted).then_some((value, "", false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_apart(text: &str) -> Result<Vec<(String, String)>, String> {
        Ok(pairs(text)?.into_iter().map(|pair| (pair.name, pair.value)).collect())
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_url_is_user_password_hosts_ports_database_and_parameters() {
        for (text, expected) in [
            ("postgres://", &[][..]),
            ("postgresql://db", &[("host", "db")][..]),
            (
                "postgres://ann:p%40ss/w?rd@db1:6000,[::1]:6001,db3/sh%20op?sslmode=require&options=-c%20a%3Db",
                &[
                    ("user", "ann"),
                    ("password", "p@ss/w?rd"),
                    ("host", "db1,::1,db3"),
                    ("port", "6000,6001,"),
                    ("dbname", "sh op"),
                    ("sslmode", "require"),
                    ("options", "-c a=b"),
                ],
            ),
            ("postgres://ann@%2Frun%2Fpg/shop?", &[("user", "ann"), ("host", "/run/pg"), ("dbname", "shop")]),
        ] {
            assert_eq!(taken_apart(text), Ok(owned(expected)), "{text}");
        }
    }

    #[test]
    fn a_list_has_quotes_escapes_and_any_white_space() {
        let text = " host = db\tpassword='it\\'s \\\\ =' user=a\\ b  dbname=''";
        let expected = [("host", "db"), ("password", "it's \\ ="), ("user", "a b"), ("dbname", "")];
        assert_eq!(taken_apart(text), Ok(owned(&expected)));
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_repeating_it() {
        for text in [
            "",
            "hunter2",
            "postgres//u:hunter2@db/d",
            "password='hunter2",
            "password=my hunter2",
            "a hunter2=1",
            "postgres://u:hunter2%@db",
            "postgres://u:hunter2%zz@db",
            "postgres://u:p%00@db",
            "postgres://u:p@[::1/hunter2",
            "postgres://u:p@db/d?hunter2",
        ] {
            let refusal = pairs(text).expect_err(text);
            assert!(refusal.starts_with("expected postgres://") && !refusal.contains("hunter2"), "{text}: {refusal}");
        }
    }

    #[test]
    fn a_name_is_shown_unless_it_may_be_part_of_a_password() {
        let shown = |text: &str| {
            let pairs = pairs(text).unwrap();
            pairs.last().unwrap().shown().map(str::to_owned)
        };
        for text in ["postgres://u:p@db/d?sslcrl=x", "host=db sslcrl=x", "password='p' sslcrl=x"] {
            assert_eq!(shown(text), Ok("sslcrl".to_owned()), "{text}");
        }
        for text in ["postgres://u:p@ss?sslcrl=1@db/d", "password=p sslcrl=x", "postgres://db/d?ssl-crl=1"] {
            assert!(shown(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_of_any_length_is_taken_apart() {
        let long = "x".repeat(1_000_000);
        assert_eq!(pairs(&format!("application_name={long}")).unwrap()[0].value.len(), 1_000_000);
        assert_eq!(pairs(&format!("postgres://db/d?{}", "a=1&".repeat(100_000))).unwrap().len(), 100_002);
    }
}
