//! Telegram without Telegram: a Bot API on this machine and a page on which you play the customer.
//!
//! ```sh
//! cargo run -p helpdesk-channels --features testing --example bot-api-server -- \
//!     --listen 127.0.0.1:8081 --token 1:TEST
//! ```
//!
//! Options: `--listen <address>` (127.0.0.1:8081), `--token <token>` (1:TEST), `--name <name>` and
//! `--username <username>` of the bot.
#![allow(clippy::print_stdout, reason = "the program talks to the person who has started it")]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use helpdesk_channels::testing::bot_api::BotApiServer;

struct Arguments {
    listen: SocketAddr,
    token: String,
    name: String,
    username: String,
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments {
        listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
        token: "1:TEST".to_owned(),
        name: "Support".to_owned(),
        username: "support_test_bot".to_owned(),
    };
    let mut given = std::env::args().skip(1);
    while let Some(option) = given.next() {
        let value = given.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--listen" => {
                arguments.listen = value.parse().map_err(|_| format!("{value}: not an address"))?;
            }
            "--token" => arguments.token = value,
            "--name" => arguments.name = value,
            "--username" => arguments.username = value,
            _ => return Err(format!("{option}: unknown option")),
        }
    }
    Ok(arguments)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(problem) => {
            println!("{problem}");
            println!("Options: --listen <address> --token <token> --name <name> --username <name>");
            return ExitCode::FAILURE;
        }
    };
    // Started again, it must not repeat the numbers that a bot knows already.
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let started = BotApiServer::options()
        .numbers_after(i32::try_from(seconds).unwrap_or(i32::MAX / 2))
        .listen(arguments.listen)
        .token(arguments.token)
        .bot(arguments.name, arguments.username)
        .start()
        .await;
    let server = match started {
        Ok(server) => server,
        Err(error) => {
            println!("cannot listen on {}: {error}", arguments.listen);
            return ExitCode::FAILURE;
        }
    };
    println!("Play the customer:  {}/", server.url());
    println!();
    println!("Point the bot at this server instead of https://api.telegram.org:");
    println!("  API address:  {}", server.url());
    println!("  token:        {}", server.token());
    println!("With teloxide: Bot::new(token).set_api_url(address).");
    println!();
    println!("Stop with Ctrl+C; conversations are kept in memory only.");
    std::future::pending::<()>().await;
    ExitCode::SUCCESS
}
