//! The connection parameters libpq knows, and what Enact does with each.

/// What Enact does with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It takes effect.
    Honoured,
    /// Has no meaning here, and leaving it out weakens nothing.
    Ignored,
    /// Leaving it out would weaken what was asked for: anything but these values is refused, with this advice.
    Only(&'static [&'static str], &'static str),
}

/// One parameter: its name in a connection string, its environment variable, its use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) env: Option<&'static str>,
    pub(crate) handling: Use,
}

const fn honoured(name: &'static str, env: &'static str) -> Param {
    Param {
        name,
        env: Some(env),
        handling: Use::Honoured,
    }
}

const fn url_only(name: &'static str) -> Param {
    Param {
        name,
        env: None,
        handling: Use::Honoured,
    }
}

const fn ignored(name: &'static str, env: Option<&'static str>) -> Param {
    Param {
        name,
        env,
        handling: Use::Ignored,
    }
}

const fn only(
    name: &'static str,
    env: Option<&'static str>,
    fine: &'static [&'static str],
    advice: &'static str,
) -> Param {
    Param {
        name,
        env,
        handling: Use::Only(fine, advice),
    }
}

const NO_GSS: &str = "GSSAPI encryption is not supported; use sslmode=verify-full";
const NO_CRL: &str =
    "revocation lists are not supported; leave it out, or pin the server with sslrootcert";

/// Every parameter of libpq 18.
pub(crate) const PARAMS: &[Param] = &[
    honoured("service", "PGSERVICE"),
    honoured("servicefile", "PGSERVICEFILE"),
    honoured("host", "PGHOST"),
    honoured("hostaddr", "PGHOSTADDR"),
    honoured("port", "PGPORT"),
    honoured("dbname", "PGDATABASE"),
    honoured("user", "PGUSER"),
    honoured("password", "PGPASSWORD"),
    honoured("passfile", "PGPASSFILE"),
    honoured("options", "PGOPTIONS"),
    honoured("application_name", "PGAPPNAME"),
    honoured("connect_timeout", "PGCONNECT_TIMEOUT"),
    honoured("sslmode", "PGSSLMODE"),
    honoured("sslnegotiation", "PGSSLNEGOTIATION"),
    honoured("sslrootcert", "PGSSLROOTCERT"),
    honoured("sslcert", "PGSSLCERT"),
    honoured("sslkey", "PGSSLKEY"),
    honoured("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    honoured("channel_binding", "PGCHANNELBINDING"),
    honoured("target_session_attrs", "PGTARGETSESSIONATTRS"),
    honoured("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    url_only("keepalives"),
    url_only("keepalives_idle"),
    url_only("keepalives_interval"),
    url_only("keepalives_count"),
    url_only("tcp_user_timeout"),
    ignored("fallback_application_name", None),
    ignored("client_encoding", Some("PGCLIENTENCODING")),
    ignored("krbsrvname", Some("PGKRBSRVNAME")),
    ignored("gsslib", Some("PGGSSLIB")),
    ignored("gssdelegation", Some("PGGSSDELEGATION")),
    ignored("sslcompression", Some("PGSSLCOMPRESSION")),
    ignored("sslsni", Some("PGSSLSNI")),
    ignored("min_protocol_version", Some("PGMINPROTOCOLVERSION")),
    ignored("max_protocol_version", Some("PGMAXPROTOCOLVERSION")),
    only(
        "gssencmode",
        Some("PGGSSENCMODE"),
        &["disable", "prefer"],
        NO_GSS,
    ),
    only(
        "requiressl",
        Some("PGREQUIRESSL"),
        &["0"],
        "write sslmode=require",
    ),
    only(
        "ssl_max_protocol_version",
        Some("PGSSLMAXPROTOCOLVERSION"),
        &["TLSv1.3"],
        "leave it out",
    ),
    only(
        "sslcertmode",
        Some("PGSSLCERTMODE"),
        &["allow"],
        "leave it out; sslcert decides",
    ),
    only("sslcrl", Some("PGSSLCRL"), &[], NO_CRL),
    only("sslcrldir", Some("PGSSLCRLDIR"), &[], NO_CRL),
    only(
        "sslpassword",
        None,
        &[],
        "encrypted keys are not supported; decrypt the key with `openssl pkey`",
    ),
    only("sslkeylogfile", None, &[], "leave it out"),
    only(
        "requirepeer",
        Some("PGREQUIREPEER"),
        &[],
        "not supported; use a socket directory that only its owner may write",
    ),
    only(
        "require_auth",
        Some("PGREQUIREAUTH"),
        &[],
        "not supported; use channel_binding=require or sslmode=verify-full",
    ),
    only(
        "replication",
        None,
        &["false", "off", "no", "0"],
        "leave it out",
    ),
    only(
        "scram_client_key",
        None,
        &[],
        "not supported; give a password",
    ),
    only(
        "scram_server_key",
        None,
        &[],
        "not supported; give a password",
    ),
    only(
        "oauth_issuer",
        None,
        &[],
        "OAuth is not supported; give a password or a client certificate",
    ),
    only(
        "oauth_client_id",
        None,
        &[],
        "OAuth is not supported; give a password or a client certificate",
    ),
    only(
        "oauth_client_secret",
        None,
        &[],
        "OAuth is not supported; give a password or a client certificate",
    ),
    only(
        "oauth_scope",
        None,
        &[],
        "OAuth is not supported; give a password or a client certificate",
    ),
];

/// The parameter of this exact name.
pub(crate) fn find(name: &str) -> Option<&'static Param> {
    PARAMS.iter().find(|param| param.name == name)
}

/// Advice for a name that is no parameter: another tool's word, or the nearest parameter.
pub(crate) fn advice(name: &str) -> Option<String> {
    foreign(name)
        .map(str::to_owned)
        .or_else(|| nearest(name).map(|near| format!("did you mean `{near}`?")))
}

/// Parameters that other tools put into the same URLs.
fn foreign(name: &str) -> Option<&'static str> {
    match name {
        "pgbouncer" => Some(
            "that is Prisma's mark of a transaction pooler: use the direct URL of the database",
        ),
        "schema" | "search_path" | "currentSchema" => {
            Some("write options=-csearch_path%3DNAME instead")
        }
        "connection_limit"
        | "pool_timeout"
        | "socket_timeout"
        | "statement_cache_size"
        | "pool_size" => Some("that is another tool's setting: leave it out"),
        "sslaccept" => Some("write sslmode=verify-full or sslmode=require instead"),
        "database" | "db" => Some("did you mean `dbname`?"),
        "username" => Some("did you mean `user`?"),
        "timeout" | "connectTimeout" => Some("did you mean `connect_timeout`?"),
        _ => None,
    }
}

fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let scored = PARAMS
        .iter()
        .map(|param| (distance(&lower, param.name), param.name));
    scored
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, near)| near)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let change = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_parameter_is_suggested() {
        for (typed, near) in [
            ("sslmod", "sslmode"),
            ("SSLMODE", "sslmode"),
            ("hsot", "host"),
            ("pasword", "password"),
        ] {
            assert_eq!(nearest(typed), Some(near));
        }
        assert_eq!(nearest("colour"), None);
    }

    #[test]
    fn every_name_and_variable_is_listed_once() {
        let mut names: Vec<_> = PARAMS
            .iter()
            .flat_map(|p| [Some(p.name), p.env])
            .flatten()
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
