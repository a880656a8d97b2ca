//! Everything put together: desk, channels, HTTP.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::Uri,
    response::Html,
    routing::{get, post},
};
use helpdesk_core::Desk;
use helpdesk_http::{HttpOptions, auth, options::CookieOptions};
use helpdesk_storage::SqliteStorage;
use rand::{Rng, distr::Alphanumeric};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{config::Config, parts};

/// Why the host cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A key that must come from the environment is missing.
    #[error("{0} is missing: set it to the key of the S3 bucket")]
    MissingKey(&'static str),
    /// The port is taken, or the address is not this machine's.
    #[error("cannot listen on {address}: choose another with HELPDESK_LISTEN")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The data folder cannot be used.
    #[error("the data folder cannot be used")]
    Data(#[from] std::io::Error),
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Database(#[from] helpdesk_storage::OpenError),
    /// The blob store cannot be set up.
    #[error("the blob store cannot be set up")]
    Blobs(#[from] helpdesk_storage::OpenBlobsError),
    /// The articles cannot be read.
    #[error("the knowledge base cannot be read")]
    Knowledge(#[from] helpdesk_channels::knowledge::KnowledgeError),
    /// The Telegram bot is not set up right.
    #[error("the Telegram bot is not set up right")]
    Telegram(#[from] helpdesk_channels::telegram::OptionsError),
    /// A model's server is not set up right.
    #[error("the OpenAI-compatible server is not set up right")]
    OpenAi(#[from] helpdesk_channels::openai::EndpointError),
    /// The desk cannot be put together.
    #[error(transparent)]
    Build(#[from] helpdesk_core::BuildError),
    /// The first admin cannot be made.
    #[error("the first admin cannot be made")]
    Admin(#[from] auth::BootstrapError),
}

/// A helpdesk that listens.
#[derive(Debug)]
pub struct Host {
    desk: Desk,
    router: Router,
    listener: TcpListener,
    address: SocketAddr,
    admin_login: String,
    generated_password: Option<String>,
    shutdown: CancellationToken,
}

impl Host {
    /// Opens everything and listens; [`run`](Self::run) serves. Cancelling `shutdown` ends it.
    pub async fn start(config: Config, shutdown: CancellationToken) -> Result<Self, HostError> {
        tokio::fs::create_dir_all(&config.data_dir).await?;
        let storage = SqliteStorage::open(&config.database).await?;
        let mut builder =
            Desk::builder(Arc::new(storage), parts::blobs(&config.blobs)?).responder(parts::responder(&config).await?);
        if let Some(model) = &config.transcribe {
            builder = builder.transcriber(parts::transcriber(model)?);
        }
        if let Some(telegram) = config.telegram.clone() {
            builder = builder.channel(parts::telegram(telegram)?);
        }
        let desk = builder.build()?;
        let generated_password = first_admin(&desk, &config).await?;

        let options = HttpOptions {
            // Without HTTPS in front, browsers would drop a `Secure` cookie.
            cookie: CookieOptions { secure: !config.listen.ip().is_loopback(), ..CookieOptions::default() },
            shutdown: shutdown.clone(),
            ..HttpOptions::default()
        };
        let router = helpdesk_http::router(desk.clone(), options).route("/", get(welcome));
        let router = match config.telegram.as_ref().and_then(|telegram| telegram.webhook_path.as_deref()) {
            Some(path) if path != TELEGRAM_WEBHOOK => also_at(router, path),
            _ => router,
        };
        let listen = |source| HostError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self { desk, router, listener, address, admin_login: config.admin_login, generated_password, shutdown })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The login of the first admin.
    pub fn admin_login(&self) -> &str {
        &self.admin_login
    }

    /// The first admin's password, when it was made up just now.
    pub fn generated_password(&self) -> Option<&str> {
        self.generated_password.as_deref()
    }

    /// Serves until shutdown, and returns when the work under way is done.
    pub async fn run(self) -> Result<(), HostError> {
        let working = tokio::spawn({
            let (desk, shutdown) = (self.desk.clone(), self.shutdown.clone());
            async move { desk.run(shutdown).await }
        });
        let service = self.router.into_make_service_with_connect_info::<SocketAddr>();
        let stopped = self.shutdown.clone().cancelled_owned();
        axum::serve(self.listener, service).with_graceful_shutdown(stopped).await?;
        self.shutdown.cancel();
        working.await.map_err(std::io::Error::other)?;
        Ok(())
    }
}

/// Where `helpdesk-http` takes the pushes of the channel `telegram`.
const TELEGRAM_WEBHOOK: &str = "/channels/telegram/webhook";

/// The webhook at the path that its public address has, for hosts without a proxy that would rewrite it.
fn also_at(router: Router, path: &str) -> Router {
    let inner = router.clone();
    let forward = move |mut request: Request| {
        *request.uri_mut() = Uri::from_static(TELEGRAM_WEBHOOK);
        inner.oneshot(request)
    };
    router.route(path, post(forward))
}

/// Makes the first admin if there is no account yet (A11); answers the password when it had to be made up.
async fn first_admin(desk: &Desk, config: &Config) -> Result<Option<String>, HostError> {
    let given = config.admin_password.clone();
    let generated = given.is_none().then(generate_password);
    let password = match (&given, &generated) {
        (Some(given), _) => given.clone(),
        (None, made_up) => SecretString::from(made_up.clone().unwrap_or_default()),
    };
    let made = auth::bootstrap_admin(desk, &config.admin_login, password.expose_secret()).await?;
    Ok(generated.filter(|_| made))
}

/// 20 letters and digits: 119 bits.
fn generate_password() -> String {
    rand::rng().sample_iter(Alphanumeric).take(20).map(char::from).collect()
}

async fn welcome() -> Html<&'static str> {
    Html(include_str!("welcome.html"))
}
