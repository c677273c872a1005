//! How a registry says who should ask: the header `WWW-Authenticate` (RFC 9110, 11.6.1).

/// What a registry wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token, from a service that it names.
    Bearer {
        /// That service's URL.
        realm: String,
        /// What it is to be told of the registry.
        service: Option<String>,
        /// What the token should allow.
        scope: Option<String>,
    },
}

/// Longer ones are not looked at.
const LONGEST: usize = 4096;

/// The best challenge of a header that we can meet; tokens before passwords.
pub(super) fn read(header: &str) -> Option<Challenge> {
    if header.len() > LONGEST {
        return None;
    }
    let mut rest = header;
    let (mut found, mut best) = (None::<Challenge>, None::<Challenge>);
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            break;
        }
        let (word, after) = token(rest)?;
        let value = after.trim_start().strip_prefix('=');
        if let Some(value) = value {
            let (text, after) = value_of(value.trim_start())?;
            if let Some(Challenge::Bearer { realm, service, scope }) = &mut found {
                match word.to_ascii_lowercase().as_str() {
                    "realm" => *realm = text,
                    "service" => *service = Some(text),
                    "scope" => *scope = Some(text),
                    _ => {}
                }
            }
            rest = after;
        } else {
            best = better(best, found.take());
            found = match word.to_ascii_lowercase().as_str() {
                "bearer" => Some(Challenge::Bearer { realm: String::new(), service: None, scope: None }),
                "basic" => Some(Challenge::Basic),
                _ => None,
            };
            rest = after;
        }
    }
    better(best, found)
}

fn better(one: Option<Challenge>, other: Option<Challenge>) -> Option<Challenge> {
    match (one, other) {
        (Some(Challenge::Bearer { realm, service, scope }), _) | (_, Some(Challenge::Bearer { realm, service, scope }))
            if !realm.is_empty() =>
        {
            Some(Challenge::Bearer { realm, service, scope })
        }
        (Some(Challenge::Basic), _) | (_, Some(Challenge::Basic)) => Some(Challenge::Basic),
        _ => None,
    }
}

fn token(text: &str) -> Option<(&str, &str)> {
    let is_token = |character: char| character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character);
    let end = text.find(|character| !is_token(character)).unwrap_or(text.len());
    if end == 0 { None } else { text.split_at_checked(end) }
}

fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return token(text).map(|(word, rest)| (word.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(characters.next()?.1),
            character => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
            Some(Challenge::Bearer {
                realm: realm.to_owned(),
                service: service.map(str::to_owned),
                scope: scope.map(str::to_owned),
            })
        };
        let hub =
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#;
        let nginx = Some("repository:library/nginx:pull");
        let cases = [
            (hub, bearer("https://auth.docker.io/token", Some("registry.docker.io"), nginx)),
            (r#"Basic realm="Registry Realm""#, Some(Challenge::Basic)),
            (r#"basic realm=x, bearer realm="https://a/t""#, bearer("https://a/t", None, None)),
            (r#"Bearer realm="https://a/\"t", Basic realm="y""#, bearer("https://a/\"t", None, None)),
            (r#"bearer  REALM = "https://a" , Scope="a,b c""#, bearer("https://a", None, Some("a,b c"))),
            (r#"Negotiate, Basic realm="x""#, Some(Challenge::Basic)),
            (r#"Bearer service="x""#, None),
            ("Negotiate", None),
            ("", None),
            (r#"Bearer realm="unended"#, None),
            ("Bearer realm=", None),
            ("=", None),
        ];
        for (header, expected) in cases {
            assert_eq!(read(header), expected, "{header}");
        }
        assert_eq!(read(&format!("Basic realm=\"{}\"", "x".repeat(5000))), None);
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read_without_panic(header in "(Bearer|Basic)?[ ,=\"\\\\a-zé]{0,40}") {
            let _ = read(&header);
        }
    }
}
