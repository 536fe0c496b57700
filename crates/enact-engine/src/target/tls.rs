//! TLS: what the settings demand, and the rustls configuration that does it.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::verify::{Roots, Verifier};

/// `sslmode`, from weakest to strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum SslMode {
    /// Never TLS.
    Disable,
    /// TLS only if the server refuses without.
    Allow,
    /// TLS if the server can.
    #[default]
    Prefer,
    /// TLS, whoever answers (with a root certificate: as [`Self::VerifyCa`]).
    Require,
    /// TLS with a certificate from a trusted authority.
    VerifyCa,
    /// The same, and the certificate names the host.
    VerifyFull,
}

const MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

impl FromStr for SslMode {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        MODES
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, mode)| *mode)
            .ok_or(())
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = MODES
            .iter()
            .find(|(_, mode)| mode == self)
            .map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// Whom to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootCert {
    /// `sslrootcert=system`: what the operating system trusts.
    System,
    /// A PEM file of certificates.
    File(PathBuf),
}

/// Lowest protocol version to accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// TLS 1.2 or later.
    #[default]
    Tls12,
    /// TLS 1.3 alone.
    Tls13,
}

/// Everything the connection parameters say about TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    /// `sslmode`.
    pub mode: SslMode,
    /// `sslrootcert`, or `~/.postgresql/root.crt` if it exists.
    pub root: Option<RootCert>,
    /// Client certificate.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
    /// `sslnegotiation=direct`.
    pub direct: bool,
    /// `ssl_min_protocol_version`.
    pub min_protocol: Protocol,
}

/// Why TLS could not be set up on our side.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file that cannot be read.
    #[error("the {what} {} cannot be read: {kind}", path.display())]
    Unreadable {
        /// Its role.
        what: &'static str,
        /// Its path.
        path: PathBuf,
        /// What went wrong.
        kind: ErrorKind,
    },
    /// A file without what it should hold.
    #[error("the {what} {} holds no {what} in PEM form", path.display())]
    NotPem {
        /// Its role.
        what: &'static str,
        /// Its path.
        path: PathBuf,
    },
    /// A key that needs a passphrase.
    #[error("the client key {} is encrypted, which is not supported", path.display())]
    EncryptedKey {
        /// Its path.
        path: PathBuf,
    },
    /// A key that others can read.
    #[error("the client key {} may be read by others", path.display())]
    OpenKey {
        /// Its path.
        path: PathBuf,
    },
    /// Only one of certificate and key.
    #[error("a client certificate needs both sslcert and sslkey, but {missing} is not set")]
    Half {
        /// The missing parameter.
        missing: &'static str,
    },
    /// Verification without anything to verify by.
    #[error("sslmode={mode} needs the certificate of the authority that signed the server's")]
    NoRoot {
        /// The mode.
        mode: SslMode,
    },
    /// The system has no certificate store.
    #[error("the operating system's store of certificates is empty or cannot be read")]
    NoSystemRoots,
    /// rustls refuses the files.
    #[error("the TLS settings are refused")]
    Rejected(#[source] rustls::Error),
}

impl TlsError {
    /// What to do about it.
    pub fn mend(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check the path and its permissions".to_owned(),
            Self::NotPem { what, .. } => {
                format!("give a {what} in PEM form (-----BEGIN …), not DER or PKCS #12")
            }
            Self::EncryptedKey { path } => {
                format!(
                    "write an unencrypted copy that only you can read: `openssl pkey -in {} -out KEY`",
                    path.display()
                )
            }
            Self::OpenKey { path } => format!("run `chmod 600 {}`", path.display()),
            Self::Half { missing } => format!("set {missing} as well"),
            Self::NoRoot { .. } => {
                "give it with sslrootcert=FILE, or sslrootcert=system for a public authority"
                    .to_owned()
            }
            Self::NoSystemRoots => {
                "install the ca-certificates package or give sslrootcert=FILE".to_owned()
            }
            Self::Rejected(_) => "check that the key belongs to the certificate".to_owned(),
        }
    }
}

/// Builds the connector. Reads the files; not called where no TLS can happen.
///
/// # Errors
/// Files that are missing, unreadable, not PEM, encrypted, open to others or refused.
pub fn connector(settings: &TlsSettings) -> Result<MakeRustlsConnect, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let versions: &[_] = match settings.min_protocol {
        Protocol::Tls12 => rustls::ALL_VERSIONS,
        Protocol::Tls13 => &[&rustls::version::TLS13],
    };
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions);
    let verifier = Verifier {
        roots: roots(settings)?,
        names: settings.mode == SslMode::VerifyFull,
        provider,
    };
    let builder = builder
        .map_err(TlsError::Rejected)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match client_identity(settings)? {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(TlsError::Rejected)?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

/// The certificates to verify by; none means that nobody is verified, as `prefer` and `require` have it.
fn roots(settings: &TlsSettings) -> Result<Option<Roots>, TlsError> {
    match (settings.mode, &settings.root) {
        (SslMode::Disable | SslMode::Allow | SslMode::Prefer, _) | (SslMode::Require, None) => {
            Ok(None)
        }
        (_, Some(RootCert::File(path))) => {
            let named = read_certificates("root certificate", path)?;
            Roots::new(named).map(Some).map_err(TlsError::Rejected)
        }
        (_, Some(RootCert::System)) => match rustls_native_certs::load_native_certs().certs {
            certificates if certificates.is_empty() => Err(TlsError::NoSystemRoots),
            certificates => Ok(Some(Roots::lenient(certificates))),
        },
        (mode, None) => Err(TlsError::NoRoot { mode }),
    }
}

fn client_identity(
    settings: &TlsSettings,
) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>, TlsError> {
    match (&settings.certificate, &settings.key) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(TlsError::Half { missing: "sslkey" }),
        (None, Some(_)) => Err(TlsError::Half { missing: "sslcert" }),
        (Some(certificate), Some(key)) => Ok(Some((
            read_certificates("client certificate", certificate)?,
            read_key(key)?,
        ))),
    }
}

fn read_file(what: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::Unreadable {
        what,
        path: path.to_owned(),
        kind: error.kind(),
    })
}

fn read_certificates(
    what: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read_file(what, path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(TlsError::NotPem {
            what,
            path: path.to_owned(),
        }),
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let bytes = read_file("client key", path)?;
    if is_open_to_others(path) {
        return Err(TlsError::OpenKey {
            path: path.to_owned(),
        });
    }
    if contains(&bytes, b"BEGIN ENCRYPTED PRIVATE KEY")
        || contains(&bytes, b"Proc-Type: 4,ENCRYPTED")
    {
        return Err(TlsError::EncryptedKey {
            path: path.to_owned(),
        });
    }
    // The parser's own error would quote the file.
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_: pem::Error| TlsError::NotPem {
        what: "client key",
        path: path.to_owned(),
    })
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// As libpq: a key of root's may be readable by its group, any other by its owner alone.
#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).is_ok_and(|file| {
        let forbidden = if file.uid() == 0 { 0o037 } else { 0o077 };
        file.mode() & forbidden != 0
    })
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}
