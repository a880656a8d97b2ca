//! The program as a process: started with environment variables, stopped by a signal or killed.

use std::{path::Path, process::Stdio};

use helpdesk_channels::testing::bot_api::BotApiServer;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::PATIENCE;

pub const ADMIN_PASSWORD: &str = "correct horse battery";

/// A running `web-host`. Killed when dropped.
pub struct WebHost {
    child: Child,
    address: String,
    pub printed: Vec<String>,
    data: tempfile::TempDir,
}

impl WebHost {
    /// Starts it on a free port with a data folder of its own and the bot of `telegram`.
    pub async fn start(telegram: &BotApiServer, environment: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let (child, address, printed) = Self::spawn(data.path(), telegram, environment).await;
        Self { child, address, printed, data }
    }

    /// Kills it without warning and starts it anew on the same data.
    pub async fn kill_and_restart(&mut self, telegram: &BotApiServer, environment: &[(&str, &str)]) {
        self.child.kill().await.unwrap();
        self.restart(telegram, environment).await;
    }

    /// Starts it anew on the same data, after it has ended.
    pub async fn restart(&mut self, telegram: &BotApiServer, environment: &[(&str, &str)]) {
        (self.child, self.address, self.printed) = Self::spawn(self.data.path(), telegram, environment).await;
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Sends SIGTERM and waits for the end; answers whether it ended well.
    pub async fn terminate(&mut self) -> bool {
        let id = self.child.id().unwrap();
        let sent = Command::new("kill").args(["-TERM", &id.to_string()]).status().await.unwrap();
        assert!(sent.success());
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends after SIGTERM").unwrap().success()
    }

    async fn spawn(data: &Path, telegram: &BotApiServer, environment: &[(&str, &str)]) -> (Child, String, Vec<String>) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_web-host"))
            .env_clear()
            .env("HELPDESK_LISTEN", "127.0.0.1:0")
            .env("HELPDESK_DATA_DIR", data)
            .env("HELPDESK_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("HELPDESK_TELEGRAM_TOKEN", telegram.token())
            .env("HELPDESK_TELEGRAM_API_URL", telegram.url())
            .env("HELPDESK_LOG", "warn")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (printed, address) = until_listening(&mut child).await;
        (child, address, printed)
    }
}

/// What a program prints until it listens, and where it does.
pub async fn until_listening(child: &mut Child) -> (Vec<String>, String) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = Vec::new();
    let started = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            printed.push(line.clone());
            if let Some(address) = line.strip_prefix("listening on http://") {
                return address.to_owned();
            }
        }
        panic!("web-host ended before it listened; it printed {printed:?}");
    };
    let address = tokio::time::timeout(PATIENCE, started).await.expect("web-host listens");
    // Whatever else it prints must not block it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (printed, address)
}
