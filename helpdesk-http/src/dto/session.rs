//! Sessions, in lists and alone.

use std::collections::BTreeMap;

use helpdesk_core::{
    desk::view::{SessionDetail as DetailView, SessionView, StaffName as NameView},
    person::CustomerAddress,
    session::{Resolution as DomainResolution, State as DomainState, StateKind},
    storage::Preview as DomainPreview,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::message::AuthorKind;

/// Where a session stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionState {
    /// The bot has it.
    Bot,
    /// The customer is asked whether they want a person.
    Offered,
    /// Waits for the first agent.
    Queued,
    /// Agents are in it.
    Active,
    /// Over.
    Closed,
}

impl From<StateKind> for SessionState {
    fn from(kind: StateKind) -> Self {
        match kind {
            StateKind::Bot => Self::Bot,
            StateKind::Offered => Self::Offered,
            StateKind::Queued => Self::Queued,
            StateKind::Active => Self::Active,
            StateKind::Closed => Self::Closed,
        }
    }
}

/// How a session ended.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Resolution {
    /// The customer said that the bot's answer helped.
    SolvedByBot,
    /// An agent closed it.
    SolvedByStaff,
    /// The customer did not want to talk to support.
    Declined,
    /// The customer opened a new request; counts as resolved.
    Superseded,
    /// Nobody touched it for too long.
    Expired,
    /// Another end, which a newer version knows.
    Other,
}

impl From<DomainResolution> for Resolution {
    fn from(resolution: DomainResolution) -> Self {
        match resolution {
            DomainResolution::SolvedByBot => Self::SolvedByBot,
            DomainResolution::SolvedByStaff => Self::SolvedByStaff,
            DomainResolution::Declined => Self::Declined,
            DomainResolution::Superseded => Self::Superseded,
            DomainResolution::Expired => Self::Expired,
            _ => Self::Other,
        }
    }
}

/// What lists and single sessions have in common.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionCore {
    id: Uuid,
    /// What people call it by: 1, 2, 3 … in the order of opening.
    number: u64,
    state: SessionState,
    /// How it ended; `null` before.
    #[schema(required)]
    resolution: Option<Resolution>,
    /// Whether it counts as resolved.
    resolved: bool,
    /// The channel that the customer last wrote on.
    #[schema(example = "telegram")]
    channel: String,
    /// Who has joined, in the order of joining.
    agents: Vec<StaffName>,
    /// How many messages it has.
    message_count: u64,
    /// Its newest message that is no note.
    #[schema(required)]
    last_message: Option<Preview>,
    /// The customer's rating of the help, 1 to 5.
    #[schema(required)]
    rating: Option<u8>,
    opened_at: Timestamp,
    /// When anybody last wrote or decided anything here.
    touched_at: Timestamp,
    /// When it went to people; agents see it from then on.
    #[schema(required)]
    handed_over_at: Option<Timestamp>,
    /// When a person first answered.
    #[schema(required)]
    person_answered_at: Option<Timestamp>,
    #[schema(required)]
    closed_at: Option<Timestamp>,
}

impl From<SessionView> for SessionCore {
    fn from(view: SessionView) -> Self {
        let session = view.summary.session;
        let resolution = match session.state {
            DomainState::Closed { resolution } => Some(resolution),
            _ => None,
        };
        Self {
            id: session.id.as_uuid(),
            number: session.number,
            state: session.state.kind().into(),
            resolution: resolution.map(Into::into),
            resolved: resolution.is_some_and(DomainResolution::is_resolved),
            channel: session.address.channel.to_string(),
            agents: view.agents.into_iter().map(Into::into).collect(),
            message_count: view.summary.message_count,
            last_message: view.summary.last_message.map(Into::into),
            rating: session.rating,
            opened_at: session.opened_at,
            touched_at: session.touched_at,
            handed_over_at: session.handed_over_at,
            person_answered_at: session.person_answered_at,
            closed_at: session.closed_at,
        }
    }
}

/// A session in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    #[serde(flatten)]
    core: SessionCore,
    /// Who asks for help.
    customer: CustomerName,
}

impl From<SessionView> for Session {
    fn from(view: SessionView) -> Self {
        let session = &view.summary.session;
        let customer = CustomerName { id: session.customer.as_uuid(), name: view.summary.customer_name.clone() };
        Self { core: view.into(), customer }
    }
}

/// A session with everything about its customer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionDetail {
    #[serde(flatten)]
    core: SessionCore,
    /// Who asks for help.
    customer: Customer,
    /// Whether the channel still delivers to the address that answers go to.
    reachable: bool,
}

impl From<DetailView> for SessionDetail {
    fn from(detail: DetailView) -> Self {
        let customer = detail.customer.customer;
        Self {
            core: detail.view.into(),
            customer: Customer {
                id: customer.id.as_uuid(),
                name: customer.name,
                language: customer.language.to_string(),
                host_id: customer.host_id,
                attributes: customer.attributes,
                addresses: detail.customer.addresses.into_iter().map(Into::into).collect(),
                created_at: customer.created_at,
            },
            reachable: detail.reachable,
        }
    }
}

/// A customer's id and name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustomerName {
    id: Uuid,
    name: String,
}

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Customer {
    id: Uuid,
    name: String,
    /// The language that the bot speaks to them, such as `en`.
    language: String,
    /// The host's own identifier of this person.
    #[schema(required)]
    host_id: Option<String>,
    /// What the host wants agents to see about them.
    attributes: BTreeMap<String, String>,
    /// Where they can be reached, oldest first.
    addresses: Vec<Address>,
    /// When they first wrote.
    created_at: Timestamp,
}

/// A place on a channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Address {
    #[schema(example = "telegram")]
    channel: String,
    /// The channel's own name of the place, such as a chat's number or a mailbox.
    key: String,
    /// The channel's handle of the person, such as a username.
    #[schema(required)]
    handle: Option<String>,
    /// Since when the channel refuses to deliver there; `null` while it works.
    #[schema(required)]
    unreachable_since: Option<Timestamp>,
}

impl From<CustomerAddress> for Address {
    fn from(known: CustomerAddress) -> Self {
        Self {
            channel: known.address.channel.to_string(),
            key: known.address.key,
            handle: known.handle,
            unreachable_since: known.unreachable_since,
        }
    }
}

/// A staff member's id and full name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StaffName {
    id: Uuid,
    full_name: String,
}

impl From<NameView> for StaffName {
    fn from(name: NameView) -> Self {
        Self { id: name.id.as_uuid(), full_name: name.full_name }
    }
}

/// The gist of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Preview {
    author: AuthorKind,
    /// The text, shortened to 200 characters.
    text: String,
    attachment_count: u32,
    created_at: Timestamp,
}

impl From<DomainPreview> for Preview {
    fn from(preview: DomainPreview) -> Self {
        Self {
            author: preview.author.into(),
            text: preview.text,
            attachment_count: preview.attachment_count,
            created_at: preview.at,
        }
    }
}
