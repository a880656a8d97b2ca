//! The desk's parts, as the configuration asks for them.

use std::{path::PathBuf, sync::Arc};

use helpdesk_channels::{
    knowledge::{KnowledgeBase, KnowledgeConfig},
    openai::{OpenAiEndpoint, OpenAiResponder, OpenAiResponderConfig, OpenAiTranscriber, OpenAiTranscriberConfig},
    telegram::{TelegramChannel, TelegramOptions, WebhookOptions},
};
use helpdesk_core::{Responder, Transcriber, blob::Blobs, channel::SharedChannel};
use helpdesk_storage::{OpendalBlobs, S3Addressing, S3Options};
use include_dir::{Dir, include_dir};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{
    config::{BlobPlace, Config, Model, Telegram},
    host::HostError,
};

/// The articles of an imaginary product, for a first try.
static EXAMPLE_ARTICLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/knowledge");

pub(crate) fn blobs(place: &BlobPlace) -> Result<Arc<dyn Blobs>, HostError> {
    match place {
        BlobPlace::Folder(folder) => Ok(Arc::new(OpendalBlobs::folder(folder)?)),
        BlobPlace::S3 { bucket, region, endpoint } => {
            let key = |name: &'static str| std::env::var(name).map_err(|_| HostError::MissingKey(name));
            let options = S3Options {
                // Servers of one's own seldom have a host name for every bucket.
                addressing: if endpoint.is_some() { S3Addressing::Path } else { S3Addressing::VirtualHost },
                endpoint: endpoint.clone().unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com")),
                bucket: bucket.clone(),
                region: region.clone(),
                root: String::new(),
                access_key: key("AWS_ACCESS_KEY_ID")?,
                secret_key: key("AWS_SECRET_ACCESS_KEY")?.into(),
            };
            Ok(Arc::new(OpendalBlobs::s3(&options)?))
        }
    }
}

pub(crate) fn telegram(telegram: Telegram) -> Result<SharedChannel, HostError> {
    let secret = webhook_secret(&telegram.token);
    let mut options = TelegramOptions::new(telegram.token);
    options.api_url = telegram.api_url;
    options.webhook = telegram.webhook_url.map(|url| WebhookOptions::new(url, secret));
    Ok(Arc::new(TelegramChannel::new(options)?))
}

/// The secret that Telegram sends with each push: derived from the token, so that it is the same after a restart and on
/// every node, and tells nothing about the token.
fn webhook_secret(token: &SecretString) -> SecretString {
    let digest = Sha256::new().chain_update("helpdesk webhook ").chain_update(token.expose_secret()).finalize();
    let mut hex = String::with_capacity(64);
    for byte in digest {
        hex.extend([byte >> 4, byte & 15].map(|nibble| char::from_digit(nibble.into(), 16).unwrap_or('0')));
    }
    hex.into()
}

/// The articles alone, or a model that is given their excerpts.
pub(crate) async fn responder(config: &Config) -> Result<Arc<dyn Responder>, HostError> {
    let folder = match &config.knowledge_dir {
        Some(folder) => folder.clone(),
        None => example_articles(config).await?,
    };
    let knowledge = KnowledgeBase::open(KnowledgeConfig::new(folder)).await?;
    Ok(match &config.chat {
        Some(model) => {
            let responder = OpenAiResponder::new(OpenAiResponderConfig::new(endpoint(model), &model.model))?;
            Arc::new(responder.with_knowledge(knowledge))
        }
        None => Arc::new(knowledge),
    })
}

pub(crate) fn transcriber(model: &Model) -> Result<Arc<dyn Transcriber>, HostError> {
    Ok(Arc::new(OpenAiTranscriber::new(OpenAiTranscriberConfig::new(endpoint(model), &model.model))?))
}

fn endpoint(model: &Model) -> OpenAiEndpoint {
    let endpoint = OpenAiEndpoint::new(&model.url);
    match &model.key {
        Some(key) => endpoint.with_key(key.clone()),
        None => endpoint,
    }
}

/// Lays the example articles out where they can be edited, unless something is there already.
async fn example_articles(config: &Config) -> Result<PathBuf, HostError> {
    let folder = config.data_dir.join("knowledge");
    if !tokio::fs::try_exists(&folder).await? {
        for language in EXAMPLE_ARTICLES.dirs() {
            tokio::fs::create_dir_all(folder.join(language.path())).await?;
            for article in language.files() {
                tokio::fs::write(folder.join(article.path()), article.contents()).await?;
            }
        }
    }
    Ok(folder)
}
