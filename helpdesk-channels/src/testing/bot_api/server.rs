//! The server's handle: starting, stopping, people and chats, updates, faults and the call log.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::calls::Call;
use super::connection::{Doors, Line};
use super::faults::{Fault, FaultHandle, FaultRule};
use super::group::{ScriptedChannel, ScriptedGroup};
use super::http;
use super::user::ScriptedUser;
use super::webhook;
use super::world::{Bot, ChatKind, Person, Shared, World};

/// The token of the default bot.
const TOKEN: &str = "123456:TEST-bot-api-server-token";

/// How to start a server: see [`BotApiServer::options`].
#[derive(Clone, Debug)]
pub struct BotApiOptions {
    listen: SocketAddr,
    token: String,
    name: String,
    username: String,
    first_number: i64,
}

impl BotApiOptions {
    /// Listens on this address instead of a free port of this machine.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The token of the default bot, such as `1:TEST`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// The name and the username (without `@`) of the default bot.
    pub fn bot(mut self, name: impl Into<String>, username: impl Into<String>) -> Self {
        self.name = name.into();
        self.username = username.into();
        self
    }

    /// Generated identifiers of updates and people begin behind this number, 0 unless set. A server that is stopped and
    /// started again in front of the same bot needs a higher one each time, or the bot takes what is new for what it knows
    /// already; the time in seconds will do.
    pub fn numbers_after(mut self, first_number: i32) -> Self {
        self.first_number = first_number.into();
        self
    }

    /// Starts the server.
    pub async fn start(self) -> io::Result<BotApiServer> {
        let listener = TcpListener::bind(self.listen).await?;
        let stop = CancellationToken::new();
        let doors = Doors::new(listener, stop.clone());
        let shared = Arc::new(Shared::new(World::new(self.first_number), stop.clone(), doors.address()?));
        let app = http::router(shared.clone()).into_make_service_with_connect_info::<Line>();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                served = axum::serve(doors, app) => {
                    if let Err(error) = served {
                        tracing::error!(%error, "the Bot API server has stopped");
                    }
                }
            }
        });
        let guard = Arc::new(shared.stop.clone().drop_guard());
        let server = BotApiServer { shared, _guard: guard };
        server.add_bot(&self.token, &self.name, &self.username);
        server.shared.edit(|world| world.bots[0].updates.begin_after(self.first_number));
        Ok(server)
    }
}

/// A running simulator of the Bot API. Clones are handles of the same server, which stops when the
/// last of them is dropped.
#[derive(Clone, Debug)]
pub struct BotApiServer {
    pub(crate) shared: Arc<Shared>,
    _guard: Arc<DropGuard>,
}

impl BotApiServer {
    /// Starts a server with one bot on a free port of this machine.
    ///
    /// # Panics
    ///
    /// When no port can be opened.
    pub async fn start() -> Self {
        Self::options().start().await.expect("a free port of this machine can be opened")
    }

    /// Starts a server with one bot on this address.
    pub async fn start_on(address: SocketAddr) -> io::Result<Self> {
        Self::options().listen(address).start().await
    }

    /// Settings to start a server with.
    pub fn options() -> BotApiOptions {
        BotApiOptions {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: TOKEN.to_owned(),
            name: "Test bot".to_owned(),
            username: "helpdesk_test_bot".to_owned(),
            first_number: 0,
        }
    }

    /// The address to give the bot instead of `https://api.telegram.org`, without a final slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// The token of the default bot.
    pub fn token(&self) -> String {
        self.shared.read(|world| world.bots[0].token.clone())
    }

    /// The username of the default bot, without `@`.
    pub fn bot_username(&self) -> String {
        self.shared.read(|world| world.bots[0].username.clone())
    }

    /// Closes the port and all connections. Waiting `getUpdates` calls are cut.
    #[expect(clippy::unused_async, reason = "stopping may have to wait in the future")]
    pub async fn stop(self) {
        self.shared.stop.cancel();
    }

    /// Adds one more bot. People talk to it after [`ScriptedUser::with_bot`].
    ///
    /// # Panics
    ///
    /// When there is a bot with this token already.
    pub fn add_bot(&self, token: &str, name: &str, username: &str) {
        let number = self.shared.edit(|world| {
            assert!(world.bots.iter().all(|bot| bot.token != token), "the token is taken");
            world.bots.push(Bot::new(token, name, username));
            world.bots.len() - 1
        });
        tokio::spawn(webhook::deliver(self.shared.clone(), number));
    }

    /// A new person with a Telegram account whose client speaks this language (`""` is none).
    pub fn user(&self, first_name: &str, language_code: &str) -> ScriptedUser {
        let id = self.shared.edit(|world| {
            let id = 700_000_000 + world.next_number();
            let language_code = (!language_code.is_empty()).then(|| language_code.to_owned());
            world.users.insert(
                id,
                Person { id, first_name: first_name.to_owned(), last_name: None, username: None, language_code },
            );
            id
        });
        ScriptedUser { shared: self.shared.clone(), bot: 0, id }
    }

    /// A group with the default bot in it. The bot gets `my_chat_member` on being added.
    pub fn group(&self, title: &str) -> ScriptedGroup {
        ScriptedGroup::create(&self.shared, 0, ChatKind::Group, title)
    }

    /// A supergroup with the default bot in it. The bot gets `my_chat_member` on being added.
    pub fn supergroup(&self, title: &str) -> ScriptedGroup {
        ScriptedGroup::create(&self.shared, 0, ChatKind::Supergroup, title)
    }

    /// A channel with the default bot as an administrator.
    pub fn channel(&self, title: &str) -> ScriptedChannel {
        ScriptedChannel::create(&self.shared, 0, title)
    }

    /// With privacy mode the default bot sees only commands, mentions and replies in groups. Off at
    /// the start, so a bot under test is shown everything.
    pub fn privacy_mode(&self, on: bool) {
        self.shared.edit(|world| world.bots[0].reads_all_groups = !on);
    }

    /// Queues an update as it is for the default bot, for kinds that scripted people do not
    /// produce. Without an `update_id` it gets the next one. Returns the id.
    pub fn push_raw_update(&self, update: Value) -> i64 {
        self.shared.edit(|world| world.bots[0].updates.push_raw(update))
    }

    /// How many updates wait for the default bot.
    pub fn pending_updates(&self) -> usize {
        self.shared.read(|world| world.bots[0].updates.len())
    }

    /// Waits until the default bot has confirmed or accepted all updates.
    ///
    /// # Panics
    ///
    /// When that does not happen in the server's patience.
    pub async fn wait_until_confirmed(&self) {
        let patience = self.shared.read(|world| world.patience);
        let empty = self.shared.wait_until(patience, |world| (world.bots[0].updates.len() == 0).then_some(()));
        assert!(empty.await.is_some(), "{} updates still wait for the bot after {patience:?}", self.pending_updates());
    }

    /// Delivers the last `count` updates of the default bot once more under their old ids, as
    /// happens when a confirmation is lost.
    pub fn redeliver_last(&self, count: usize) {
        self.shared.edit(|world| world.bots[0].updates.redeliver(count));
    }

    /// Delivers every new update of the default bot twice.
    pub fn duplicate_updates(&self, on: bool) {
        self.shared.edit(|world| world.bots[0].updates.twice = on);
    }

    /// Keeps new updates from the default bot until [`Self::release_updates`].
    pub fn hold_updates(&self) {
        self.shared.edit(|world| world.bots[0].updates.held = true);
    }

    /// Lets held updates go.
    pub fn release_updates(&self) {
        self.shared.edit(|world| world.bots[0].updates.held = false);
    }

    /// Puts the waiting updates of the default bot into another order, or duplicates or drops them.
    /// Hold them first, or else the bot may have taken them already.
    pub fn rearrange_updates(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut updates = self.shared.quietly(|world| world.bots[0].updates.take());
        change(&mut updates);
        self.shared.edit(|world| world.bots[0].updates.put_back(updates));
    }

    /// The pauses between attempts to deliver to a webhook: the first one, which doubles with every
    /// failure, and the longest one.
    pub fn set_webhook_retry(&self, first: Duration, longest: Duration) {
        self.shared.edit(|world| world.retry = (first, longest));
    }

    /// How long the `wait_…` functions wait before they panic. Ten seconds at the start.
    pub fn set_patience(&self, patience: Duration) {
        self.shared.edit(|world| world.patience = patience);
    }

    /// Makes calls fail.
    pub fn inject(&self, rule: FaultRule) -> FaultHandle {
        self.add_fault(rule, false)
    }

    /// Makes everything fail in this way, and holds webhooks, until [`Self::end_outage`].
    pub fn begin_outage(&self, fault: Fault) -> FaultHandle {
        self.add_fault(FaultRule::on("*", fault).until_removed(), true)
    }

    /// Ends all outages; calls that hang because of them go on.
    pub fn end_outage(&self) {
        self.shared.edit(|world| world.faults.end_outage());
    }

    /// Removes all faults; calls that hang go on.
    pub fn clear_faults(&self) {
        self.shared.edit(|world| world.faults.clear());
    }

    fn add_fault(&self, rule: FaultRule, outage: bool) -> FaultHandle {
        let id = self.shared.edit(|world| world.faults.add(rule, outage));
        FaultHandle { shared: self.shared.clone(), id }
    }

    /// From now on answers to all earlier presses of buttons are refused as too late.
    pub fn expire_callback_queries(&self) {
        self.shared.edit(|world| {
            for query in world.bots.iter_mut().flat_map(|bot| bot.queries.values_mut()) {
                query.expired = true;
            }
        });
    }

    /// Links that `getFile` gave out stop working, as they do after an hour.
    pub fn expire_file_links(&self) {
        self.shared.edit(|world| world.files.expire_links());
    }

    /// The content of a file by its `file_id`.
    pub fn file(&self, file_id: &str) -> Option<Bytes> {
        self.shared.read(|world| world.files.get(file_id).map(|file| file.bytes.clone()))
    }

    /// All method calls in the order in which they arrived, `getUpdates` among them.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.read(|world| world.calls.iter().cloned().collect())
    }

    /// The calls of one method that were carried out or ran into a fault.
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.shared.read(|world| world.finished_calls(method))
    }

    /// Waits until a method was called this many times in all, and returns these calls. Calls that
    /// are still running do not count.
    ///
    /// # Panics
    ///
    /// When that does not happen in the server's patience.
    pub async fn wait_for_calls(&self, method: &str, count: usize) -> Vec<Call> {
        let patience = self.shared.read(|world| world.patience);
        let calls = self
            .shared
            .wait_until(patience, |world| Some(world.finished_calls(method)).filter(|calls| calls.len() >= count));
        match calls.await {
            Some(calls) => calls,
            None => panic!("{} of {count} calls of {method} in {patience:?}", self.calls_of(method).len()),
        }
    }
}
