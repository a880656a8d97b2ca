//! A responder that fails on purpose.

use async_trait::async_trait;

use super::{FaultPlan, REASON};
use crate::{
    responder::{Answer, Question, Responder},
    service::ServiceError,
};

/// A [`Responder`] with faults before and after its answers.
#[derive(Debug)]
pub struct FaultyResponder<R> {
    inner: R,
    plan: FaultPlan,
}

impl<R> FaultyResponder<R> {
    /// `inner` with the faults of `plan`.
    pub fn new(inner: R, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl<R: Responder> Responder for FaultyResponder<R> {
    async fn answer(&self, question: &Question) -> Result<Answer, ServiceError> {
        if self.plan.pass("answer:before") {
            return Err(ServiceError::temporary(REASON));
        }
        let answer = self.inner.answer(question).await?;
        if self.plan.pass("answer:after") {
            return Err(ServiceError::temporary(REASON));
        }
        Ok(answer)
    }
}
