//! What can be set, from where, and what is wrong with it.
//!
//! A flag wins over the environment, the environment over the file, the file over the default. A bad value stops the start
//! with a sentence that names the setting and says what to write.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use axum::http::Uri;
use clap::Parser;
use secrecy::SecretString;
use serde::Deserialize;

/// The settings as they are given: every one may be missing.
#[derive(Debug, Default, Parser, Deserialize)]
#[command(name = "web-host", version, about = "A helpdesk, ready to run")]
#[serde(default, deny_unknown_fields)]
#[allow(
    clippy::doc_markdown,
    rustdoc::invalid_html_tags,
    rustdoc::bare_urls,
    reason = "these comments are the text of --help"
)]
pub struct Settings {
    /// A TOML file with any of the settings below, named like the flags with `_` for `-`.
    #[arg(long, env = "HELPDESK_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Address and port to listen on [default: 127.0.0.1:8080].
    #[arg(long, env = "HELPDESK_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Folder for everything that is kept [default: data].
    #[arg(long, env = "HELPDESK_DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Database [default: sqlite:<data-dir>/helpdesk.sqlite3].
    #[arg(long, env = "HELPDESK_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Login of the first admin [default: admin].
    #[arg(long, env = "HELPDESK_ADMIN_LOGIN", value_name = "LOGIN")]
    pub admin_login: Option<String>,
    /// Password of the first admin; generated and printed once when missing.
    #[arg(long, env = "HELPDESK_ADMIN_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    pub admin_password: Option<SecretString>,
    /// Token of the Telegram bot; without one there is no Telegram.
    #[arg(long, env = "HELPDESK_TELEGRAM_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub telegram_token: Option<SecretString>,
    /// Bot API server other than Telegram's own.
    #[arg(long, env = "HELPDESK_TELEGRAM_API_URL", value_name = "URL")]
    pub telegram_api_url: Option<String>,
    /// Public address at which Telegram reaches this host, such as https://desk.example/channels/telegram/webhook; without
    /// it the bot polls.
    #[arg(long, env = "HELPDESK_TELEGRAM_WEBHOOK_URL", value_name = "URL")]
    pub telegram_webhook_url: Option<String>,
    /// Folder with the articles that the bot answers from [default: <data-dir>/knowledge, filled with examples].
    #[arg(long, env = "HELPDESK_KNOWLEDGE_DIR", value_name = "FOLDER")]
    pub knowledge_dir: Option<PathBuf>,
    /// Where files are kept: fs:<folder>, or s3:<bucket>?region=…&endpoint=… with the keys in AWS_ACCESS_KEY_ID and
    /// AWS_SECRET_ACCESS_KEY [default: fs:<data-dir>/blobs].
    #[arg(long, env = "HELPDESK_BLOBS", value_name = "PLACE")]
    pub blobs: Option<String>,
    /// OpenAI-compatible server for answers, such as https://api.openai.com/v1.
    #[arg(long, env = "HELPDESK_CHAT_URL", value_name = "URL")]
    pub chat_url: Option<String>,
    /// Its key.
    #[arg(long, env = "HELPDESK_CHAT_KEY", value_name = "KEY", hide_env_values = true)]
    pub chat_key: Option<SecretString>,
    /// Its model.
    #[arg(long, env = "HELPDESK_CHAT_MODEL", value_name = "MODEL")]
    pub chat_model: Option<String>,
    /// OpenAI-compatible server for transcripts of voices.
    #[arg(long, env = "HELPDESK_TRANSCRIBE_URL", value_name = "URL")]
    pub transcribe_url: Option<String>,
    /// Its key.
    #[arg(long, env = "HELPDESK_TRANSCRIBE_KEY", value_name = "KEY", hide_env_values = true)]
    pub transcribe_key: Option<SecretString>,
    /// Its model.
    #[arg(long, env = "HELPDESK_TRANSCRIBE_MODEL", value_name = "MODEL")]
    pub transcribe_model: Option<String>,
    /// What is logged, such as info or info,helpdesk_core=debug [default: info].
    #[arg(long, env = "HELPDESK_LOG", value_name = "FILTER")]
    pub log: Option<String>,
}

/// The settings once checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The SQLite file.
    pub database: PathBuf,
    /// Login of the first admin.
    pub admin_login: String,
    /// Password of the first admin, if given.
    pub admin_password: Option<SecretString>,
    /// The Telegram bot, if any.
    pub telegram: Option<Telegram>,
    /// The articles' folder, if given; otherwise the examples are laid out under `data_dir`.
    pub knowledge_dir: Option<PathBuf>,
    /// Where files are kept.
    pub blobs: BlobPlace,
    /// What answers, besides the articles.
    pub chat: Option<Model>,
    /// What transcribes.
    pub transcribe: Option<Model>,
    /// What is logged.
    pub log: String,
}

/// A Telegram bot.
#[derive(Debug, Clone)]
pub struct Telegram {
    /// Its token.
    pub token: SecretString,
    /// A Bot API server other than Telegram's own.
    pub api_url: Option<String>,
    /// The public address of the webhook, if updates are pushed.
    pub webhook_url: Option<String>,
    /// Its path.
    pub webhook_path: Option<String>,
}

/// A model on an OpenAI-compatible server.
#[derive(Debug, Clone)]
pub struct Model {
    /// The server.
    pub url: String,
    /// Its key, if it wants one.
    pub key: Option<SecretString>,
    /// The model's name.
    pub model: String,
}

/// Where files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobPlace {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// Its region.
        region: String,
        /// A server other than Amazon's own.
        endpoint: Option<String>,
    },
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The configuration file cannot be read.
    #[error("the configuration file {path} cannot be read")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The configuration file is not written right.
    #[error("the configuration file {path} is not right: {reason}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong and where. Without the line itself, which may hold a secret.
        reason: String,
    },
    /// A setting's value makes no sense.
    #[error("{setting}: {advice}")]
    Value {
        /// The name of the environment variable.
        setting: &'static str,
        /// What to write.
        advice: String,
    },
}

fn wrong(setting: &'static str, advice: impl Into<String>) -> ConfigError {
    ConfigError::Value { setting, advice: advice.into() }
}

impl Config {
    /// Lays the settings over those of the file and the defaults, and checks them.
    pub fn resolve(given: Settings) -> Result<Self, ConfigError> {
        let file = given.config.as_deref().map(read_file).transpose()?;
        let settings = given.over(file.unwrap_or_default());
        let data_dir = settings.data_dir.unwrap_or_else(|| PathBuf::from("data"));
        let listen = settings.listen.as_deref().unwrap_or("127.0.0.1:8080");
        Ok(Self {
            listen: listen.parse().map_err(|_| {
                wrong("HELPDESK_LISTEN", format!("`{listen}` is no address; write for example 127.0.0.1:8080"))
            })?,
            database: database(settings.database_url.as_deref(), &data_dir)?,
            admin_login: settings.admin_login.unwrap_or_else(|| "admin".to_owned()),
            admin_password: settings.admin_password,
            telegram: telegram(settings.telegram_token, settings.telegram_api_url, settings.telegram_webhook_url)?,
            knowledge_dir: settings.knowledge_dir,
            blobs: blobs(settings.blobs.as_deref(), &data_dir)?,
            chat: model("HELPDESK_CHAT_MODEL", settings.chat_url, settings.chat_key, settings.chat_model)?,
            transcribe: model(
                "HELPDESK_TRANSCRIBE_MODEL",
                settings.transcribe_url,
                settings.transcribe_key,
                settings.transcribe_model,
            )?,
            log: settings.log.unwrap_or_else(|| "info".to_owned()),
            data_dir,
        })
    }
}

impl Settings {
    /// These settings, with `below` where they say nothing.
    fn over(self, below: Self) -> Self {
        Self {
            config: self.config,
            listen: self.listen.or(below.listen),
            data_dir: self.data_dir.or(below.data_dir),
            database_url: self.database_url.or(below.database_url),
            admin_login: self.admin_login.or(below.admin_login),
            admin_password: self.admin_password.or(below.admin_password),
            telegram_token: self.telegram_token.or(below.telegram_token),
            telegram_api_url: self.telegram_api_url.or(below.telegram_api_url),
            telegram_webhook_url: self.telegram_webhook_url.or(below.telegram_webhook_url),
            knowledge_dir: self.knowledge_dir.or(below.knowledge_dir),
            blobs: self.blobs.or(below.blobs),
            chat_url: self.chat_url.or(below.chat_url),
            chat_key: self.chat_key.or(below.chat_key),
            chat_model: self.chat_model.or(below.chat_model),
            transcribe_url: self.transcribe_url.or(below.transcribe_url),
            transcribe_key: self.transcribe_key.or(below.transcribe_key),
            transcribe_model: self.transcribe_model.or(below.transcribe_model),
            log: self.log.or(below.log),
        }
    }
}

fn read_file(path: &Path) -> Result<Settings, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        ConfigError::Syntax { path: path.to_owned(), reason: format!("line {line}: {}", error.message()) }
    })
}

fn database(url: Option<&str>, data_dir: &Path) -> Result<PathBuf, ConfigError> {
    let Some(url) = url else { return Ok(data_dir.join("helpdesk.sqlite3")) };
    let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    match path {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => Err(wrong(
            "HELPDESK_DATABASE_URL",
            "write sqlite:<file>, for example sqlite:/var/lib/helpdesk/desk.sqlite3",
        )),
    }
}

fn telegram(
    token: Option<SecretString>,
    api_url: Option<String>,
    webhook_url: Option<String>,
) -> Result<Option<Telegram>, ConfigError> {
    match token {
        Some(token) => {
            let webhook_path = webhook_url.as_deref().map(path_of).transpose()?;
            Ok(Some(Telegram { token, api_url, webhook_url, webhook_path }))
        }
        None if api_url.is_some() || webhook_url.is_some() => {
            Err(wrong("HELPDESK_TELEGRAM_TOKEN", "is missing, although other settings of Telegram are given"))
        }
        None => Ok(None),
    }
}

fn path_of(url: &str) -> Result<String, ConfigError> {
    let advice = "write the whole address, for example https://desk.example/channels/telegram/webhook";
    let url: Uri = url.parse().map_err(|_| wrong("HELPDESK_TELEGRAM_WEBHOOK_URL", advice))?;
    // A path of the root is the welcome page's, and one in braces would be a pattern.
    match url.path() {
        path if url.host().is_some() && path.len() > 1 && !path.contains(['{', '}']) => Ok(path.to_owned()),
        _ => Err(wrong("HELPDESK_TELEGRAM_WEBHOOK_URL", advice)),
    }
}

fn blobs(place: Option<&str>, data_dir: &Path) -> Result<BlobPlace, ConfigError> {
    const ADVICE: &str = "write fs:<folder>, or s3:<bucket>?region=<region>&endpoint=<url>";
    let Some(place) = place else { return Ok(BlobPlace::Folder(data_dir.join("blobs"))) };
    if let Some(folder) = place.strip_prefix("fs:").filter(|folder| !folder.is_empty()) {
        return Ok(BlobPlace::Folder(PathBuf::from(folder)));
    }
    let Some(bucket) = place.strip_prefix("s3:").filter(|bucket| !bucket.is_empty()) else {
        return Err(wrong("HELPDESK_BLOBS", ADVICE));
    };
    let (bucket, query) = bucket.split_once('?').unwrap_or((bucket, ""));
    let (mut region, mut endpoint) = ("us-east-1".to_owned(), None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("region", value)) => region = value.to_owned(),
            Some(("endpoint", value)) => endpoint = Some(value.to_owned()),
            _ => return Err(wrong("HELPDESK_BLOBS", ADVICE)),
        }
    }
    Ok(BlobPlace::S3 { bucket: bucket.to_owned(), region, endpoint })
}

fn model(
    setting: &'static str,
    url: Option<String>,
    key: Option<SecretString>,
    model: Option<String>,
) -> Result<Option<Model>, ConfigError> {
    match (url, model) {
        (Some(url), Some(model)) => Ok(Some(Model { url, key, model })),
        (Some(_), None) => Err(wrong(setting, "is missing: name the model that the server is to use")),
        (None, None) if key.is_none() => Ok(None),
        (None, _) => Err(wrong(setting, "is given without its URL: set that too, or leave both out")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(change: impl FnOnce(&mut Settings)) -> Result<Config, String> {
        let mut settings = Settings::default();
        change(&mut settings);
        Config::resolve(settings).map_err(|error| error.to_string())
    }

    fn text<T: From<String>>(value: &str) -> T {
        T::from(value.to_owned())
    }

    #[test]
    fn with_nothing_set_everything_is_kept_under_the_data_folder() {
        let config = resolve(|_| {}).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.database, Path::new("data/helpdesk.sqlite3"));
        assert_eq!(config.blobs, BlobPlace::Folder("data/blobs".into()));
        assert!(config.telegram.is_none() && config.chat.is_none() && config.transcribe.is_none());
    }

    #[test]
    fn a_bad_value_names_its_setting_and_says_what_to_write() {
        type Change = fn(&mut Settings);
        let table: [(Change, &str); 9] = [
            (|s| s.listen = text("8080"), "HELPDESK_LISTEN"),
            (|s| s.database_url = text("postgres://localhost/desk"), "sqlite:<file>"),
            (|s| s.database_url = text("sqlite:"), "sqlite:<file>"),
            (|s| s.blobs = text("ftp:files"), "fs:<folder>"),
            (|s| s.blobs = text("s3:bucket?color=red"), "s3:<bucket>"),
            (|s| s.telegram_api_url = text("http://localhost"), "HELPDESK_TELEGRAM_TOKEN"),
            (
                |s| (s.telegram_token, s.telegram_webhook_url) = (Some("1:a".into()), text("desk.example")),
                "https://desk.example/channels/telegram/webhook",
            ),
            (|s| s.chat_url = text("http://localhost/v1"), "HELPDESK_CHAT_MODEL"),
            (|s| s.transcribe_model = text("whisper"), "HELPDESK_TRANSCRIBE_MODEL"),
        ];
        for (change, advice) in table {
            let error = resolve(change).unwrap_err();
            assert!(error.contains(advice), "{error}");
        }
    }

    #[test]
    fn places_of_files_are_read_in_full() {
        let s3 = resolve(|s| s.blobs = text("s3:desk?region=eu-central-1&endpoint=http://minio:9000")).unwrap().blobs;
        let expected = BlobPlace::S3 {
            bucket: "desk".to_owned(),
            region: "eu-central-1".to_owned(),
            endpoint: text("http://minio:9000"),
        };
        assert_eq!(s3, expected);
        assert_eq!(resolve(|s| s.blobs = text("fs:/srv/files")).unwrap().blobs, BlobPlace::Folder("/srv/files".into()));
    }

    #[test]
    fn the_file_lies_below_the_other_settings_and_its_mistakes_show_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("desk.toml");
        std::fs::write(&file, "listen = '127.0.0.1:1'\nlog = 'debug'\n").unwrap();
        let config = resolve(|s| (s.config, s.listen) = (Some(file.clone()), text("127.0.0.1:2"))).unwrap();
        assert_eq!((config.listen.port(), config.log.as_str()), (2, "debug"));

        std::fs::write(&file, "log = 'info'\ntelegram_token = hunter2\n").unwrap();
        let error = resolve(|s| s.config = Some(file.clone())).unwrap_err();
        assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
        std::fs::write(&file, "telegram_tokn = '1:a'\n").unwrap();
        assert!(resolve(|s| s.config = Some(file.clone())).unwrap_err().contains("telegram_tokn"));
        assert!(resolve(|s| s.config = Some(folder.path().join("none.toml"))).is_err());
    }
}
