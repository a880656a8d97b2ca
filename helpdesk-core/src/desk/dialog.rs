//! What staff do with sessions: find them, open them, join, leave and close them (A12–A14).

use super::{
    Desk,
    plan::{Plan, Setting},
    raced,
    view::{Names, SessionDetail, SessionView},
};
use crate::{
    error::DeskError,
    id::{SessionId, StaffId},
    permission::{Action, Actor, Denied, Relation, allowed},
    session::{Input, Session, decide},
    storage::{Page, PageRequest, SessionFilter},
};

impl Desk {
    /// Sessions, a page at a time: an agent sees what was handed over to people, an admin everything (A12).
    pub async fn session_list(
        &self,
        actor: &Actor,
        mut filter: SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionView>, DeskError> {
        if allowed(actor, Action::SessionRead, Relation::WithBot).is_err() {
            filter.handed_over = Some(true);
        }
        let found = self.storage().session_list(&filter, page).await?;
        let mut names = Names::default();
        let mut items = Vec::with_capacity(found.items.len());
        for summary in found.items {
            items.push(names.session(self, summary).await?);
        }
        Ok(Page { items, next: found.next })
    }

    /// A session with its customer. Opening it does not join it (A13).
    pub async fn session(&self, actor: &Actor, id: SessionId) -> Result<SessionDetail, DeskError> {
        self.session_for(actor, Action::SessionRead, id).await?;
        self.session_detail(id).await
    }

    /// Joins the discussion (A14); joining again changes nothing.
    pub async fn session_join(&self, actor: &Actor, id: SessionId) -> Result<SessionDetail, DeskError> {
        self.staff_input(actor, Action::SessionJoin, id, Input::Join).await
    }

    /// Leaves the discussion; the last one to leave puts the session back into the queue.
    pub async fn session_leave(&self, actor: &Actor, id: SessionId) -> Result<SessionDetail, DeskError> {
        self.staff_input(actor, Action::SessionJoin, id, Input::Leave).await
    }

    /// Closes the session as solved; the customer is told and asked for a rating.
    pub async fn session_close(&self, actor: &Actor, id: SessionId) -> Result<SessionDetail, DeskError> {
        self.staff_input(actor, Action::SessionClose, id, Input::Close).await
    }

    /// One of the inputs that staff give.
    async fn staff_input(
        &self,
        actor: &Actor,
        action: Action,
        id: SessionId,
        input: impl Fn(StaffId) -> Input,
    ) -> Result<SessionDetail, DeskError> {
        let staff = acting_staff(actor)?;
        until_committed!(async {
            let session = self.session_for(actor, action, id).await?;
            let now = self.now();
            let decision = decide(&session, input(staff), self.policy(), now, self.ids(now))?;
            if decision.next.is_none() && decision.effects.is_empty() {
                return Ok(());
            }
            let language = self.language_of(&session).await?;
            let setting = Setting {
                policy: self.policy(),
                phrases: self.phrases(),
                language: &language,
                ids: self.ids(now),
                now,
            };
            let mut plan = Plan::change(&session, setting).touch();
            plan.decide(decision);
            self.commit(plan.finish()).await.map(drop).map_err(raced)
        })?;
        self.session_detail(id).await
    }

    /// The session, if `actor` may do `action` with it; what they may not know of does not exist.
    pub(super) async fn session_for(&self, actor: &Actor, action: Action, id: SessionId) -> Result<Session, DeskError> {
        let missing = DeskError::NotFound { what: "session" };
        let Some(session) = self.storage().session(id).await? else { return Err(missing) };
        match allowed(actor, action, Relation::to_session(actor, &session)) {
            Ok(()) => Ok(session),
            Err(Denied::Hidden) => Err(missing),
            Err(denied) => Err(denied.into()),
        }
    }

    async fn session_detail(&self, id: SessionId) -> Result<SessionDetail, DeskError> {
        let missing = || DeskError::NotFound { what: "session" };
        let summary = self.storage().session_summary(id).await?.ok_or_else(missing)?;
        let customer = self.storage().customer(summary.session.customer).await?.ok_or_else(missing)?;
        let view = Names::default().session(self, summary).await?;
        Ok(SessionDetail::new(view, customer))
    }

    /// The language that the bot speaks in a session.
    pub(super) async fn language_of(&self, session: &Session) -> Result<crate::Language, DeskError> {
        let customer = self.storage().customer(session.customer).await?;
        Ok(customer.map_or(crate::Language::ENGLISH, |book| book.customer.language))
    }
}

/// The staff member who acts: the host's own code has no name to show to a customer.
pub(super) fn acting_staff(actor: &Actor) -> Result<StaffId, DeskError> {
    actor.staff_id().ok_or_else(|| {
        DeskError::Invalid("only a staff member can do this: act as `Actor::Staff`, not as the host".to_owned())
    })
}
