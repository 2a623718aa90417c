//! Which certificates are trusted.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// The trusted authorities; servers are always verified against them.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

/// Why the trusted authorities could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file of extra authorities cannot be read.
    #[error("the file of trusted authorities {path} cannot be read as PEM: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file holds no usable certificate.
    #[error("the file of trusted authorities {path} holds no usable certificate: {reason}")]
    Useless {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// rustls does not support what we ask of it.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

impl Trust {
    /// The authorities of the system, and those of a PEM file where one is given.
    pub fn load(extra_authorities: Option<&Path>) -> Result<Self, TrustError> {
        tls_config(extra_authorities).map(|config| Self(Arc::new(config)))
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}

/// What was loaded once is the same.
impl PartialEq for Trust {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

/// A TLS client that verifies every server against the authorities of the system, and those of a
/// PEM file where one is given. A system without authorities is no error here, because a machine
/// may talk to itself only; connecting then fails with an unknown issuer.
pub fn tls_config(extra_authorities: Option<&Path>) -> Result<ClientConfig, TrustError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = extra_authorities {
        add_file(&mut roots, path)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), TrustError> {
    let unreadable = |error: rustls::pki_types::pem::Error| TrustError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let useless = |reason: String| TrustError::Useless { path: path.to_owned(), reason };
    let mut count = 0;
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        roots.add(certificate.map_err(unreadable)?).map_err(|error| useless(error.to_string()))?;
        count += 1;
    }
    if count == 0 {
        return Err(useless("it has no CERTIFICATE section".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_file_of_authorities_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing.pem");
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "nothing here").unwrap();
        for path in [missing, empty] {
            let error = Trust::load(Some(&path)).unwrap_err().to_string();
            assert!(error.contains(path.to_str().unwrap()), "{error}");
        }
        Trust::load(None).unwrap();
    }
}
