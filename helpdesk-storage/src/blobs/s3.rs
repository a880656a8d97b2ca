//! S3 and the object stores that speak like it.

use std::{fmt, sync::Arc};

use opendal::{HttpTransporter, OperationContext, services::S3};
use opendal_http_transport_reqwest::ReqwestTransport;
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret as _, SecretString};

use super::{OpenBlobsError, OpendalBlobs, layered};

/// Where a bucket is and how to get in. The secret never shows in `Debug`.
#[derive(Clone)]
pub struct S3Options {
    /// The service's address, such as `https://s3.eu-central-1.amazonaws.com` or `http://minio:9000`.
    pub endpoint: String,
    /// The bucket; it has to exist.
    pub bucket: String,
    /// The region; `us-east-1` or `auto` where the service knows none.
    pub region: String,
    /// The folder within the bucket; empty for all of it.
    pub root: String,
    /// The access key's id.
    pub access_key: String,
    /// The access key's secret.
    pub secret_key: SecretString,
    /// How the bucket is named in an address.
    pub addressing: S3Addressing,
}

/// How a bucket is named in an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum S3Addressing {
    /// `https://endpoint/bucket/key`: what self-hosted services speak.
    #[default]
    Path,
    /// `https://bucket.endpoint/key`: what some large ones demand.
    VirtualHost,
}

impl fmt::Debug for S3Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Options")
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .field("region", &self.region)
            .field("root", &self.root)
            .field("access_key", &self.access_key)
            .field("addressing", &self.addressing)
            .finish_non_exhaustive()
    }
}

impl OpendalBlobs {
    /// A store in a bucket. Nothing is asked of the service yet; [`check`](helpdesk_core::blob::Blobs::check) does.
    ///
    /// Only these options count: neither the environment nor the machine is asked for credentials.
    ///
    /// ```
    /// use helpdesk_storage::{OpendalBlobs, S3Addressing, S3Options};
    ///
    /// let blobs = OpendalBlobs::s3(&S3Options {
    ///     endpoint: "http://minio:9000".to_owned(),
    ///     bucket: "helpdesk".to_owned(),
    ///     region: "us-east-1".to_owned(),
    ///     root: String::new(),
    ///     access_key: "helpdesk".to_owned(),
    ///     secret_key: "a secret".into(),
    ///     addressing: S3Addressing::Path,
    /// })?;
    /// # Ok::<(), helpdesk_storage::OpenBlobsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenBlobsError::Store`] and [`OpenBlobsError::Client`].
    pub fn s3(options: &S3Options) -> Result<Self, OpenBlobsError> {
        let mut service = S3::default()
            .endpoint(&options.endpoint)
            .bucket(&options.bucket)
            .region(&options.region)
            .root(&options.root)
            .access_key_id(&options.access_key)
            .secret_access_key(options.secret_key.expose_secret())
            .disable_config_load()
            .disable_ec2_metadata();
        if options.addressing == S3Addressing::VirtualHost {
            service = service.enable_virtual_host_style();
        }
        let transport = HttpTransporter::new(ReqwestTransport::new(client()?));
        let context = OperationContext::new().with_http_transport(transport);
        Ok(Self::new(layered(service)?.with_context(context)))
    }
}

/// A client with its own TLS settings: a library neither installs a process-wide default nor relies on one.
fn client() -> Result<reqwest::Client, OpenBlobsError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenBlobsError::Client(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .build()
        .map_err(|error| OpenBlobsError::Client(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_does_not_show() {
        let options = S3Options {
            endpoint: "http://127.0.0.1:9".to_owned(),
            bucket: "helpdesk".to_owned(),
            region: "auto".to_owned(),
            root: String::new(),
            access_key: "AKIA".to_owned(),
            secret_key: "hunter2".into(),
            addressing: S3Addressing::Path,
        };
        let blobs = OpendalBlobs::s3(&options).unwrap();
        let shown = format!("{options:?} {blobs:?}");
        assert!(shown.contains("AKIA") && !shown.contains("hunter2"), "{shown}");
    }
}
