//! Verification of the server's certificate.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    verify_server_cert_signed_by_trust_anchor as verify_chain, verify_server_name,
};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// The certificates to verify by.
#[derive(Debug)]
pub(crate) struct Roots {
    store: RootCertStore,
    named: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// Trusts exactly these.
    pub(crate) fn new(named: Vec<CertificateDer<'static>>) -> Result<Self, rustls::Error> {
        let mut store = RootCertStore::empty();
        for certificate in &named {
            store.add(certificate.clone())?;
        }
        Ok(Self { store, named })
    }

    /// A system's store may hold relics that rustls cannot read; they are left out.
    pub(crate) fn lenient(certificates: Vec<CertificateDer<'static>>) -> Self {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates);
        Self {
            store,
            named: Vec::new(),
        }
    }
}

/// Verifies the chain if there are roots, the name if asked to, and always that the peer holds its key.
#[derive(Debug)]
pub(crate) struct Verifier {
    pub(crate) roots: Option<Roots>,
    pub(crate) names: bool,
    pub(crate) provider: Arc<CryptoProvider>,
}

impl Verifier {
    /// A self-signed server certificate, named as root, is its own authority, which webpki does not grant.
    fn verify_chain(
        &self,
        roots: &Roots,
        peer: &CertificateDer<'_>,
        parsed: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        match verify_chain(parsed, &roots.store, intermediates, now, algorithms) {
            Err(error)
                if !is_about_time(&error) && roots.named.iter().any(|named| named == peer) =>
            {
                Ok(())
            }
            outcome => outcome,
        }
    }
}

fn is_about_time(error: &rustls::Error) -> bool {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(
        error,
        rustls::Error::InvalidCertificate(
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }
        )
    )
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        peer: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(roots) = &self.roots else {
            return Ok(ServerCertVerified::assertion());
        };
        let parsed = ParsedCertificate::try_from(peer)?;
        self.verify_chain(roots, peer, &parsed, intermediates, now)?;
        if self.names {
            verify_server_name(&parsed, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        peer: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            peer,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        peer: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            peer,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
