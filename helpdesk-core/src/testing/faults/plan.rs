//! When a fault happens, and which.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts the points that its wrappers pass, and lets a fault happen at one of them. Its clones count together.
#[derive(Clone)]
pub struct FaultPlan {
    fault: Arc<Fault>,
    at: usize,
    only: Option<&'static [&'static str]>,
    passed: Arc<Mutex<Vec<&'static str>>>,
}

/// What happens at the point.
enum Fault {
    Nothing,
    Fail,
    Call(Box<dyn Fn(&'static str) + Send + Sync>),
}

impl FaultPlan {
    /// Counts and lets nothing happen.
    pub fn none() -> Self {
        Self::new(0, Fault::Nothing)
    }

    /// Lets the partner fail at point number `at`, from 1 on, and work at all others.
    pub fn fail(at: usize) -> Self {
        Self::new(at, Fault::Fail)
    }

    /// Ends the process at point number `at`, from 1 on, as a crash or a power cut would: nothing is dropped or flushed.
    pub fn abort(at: usize) -> Self {
        Self::call(at, |_| std::process::abort())
    }

    /// Calls `callback` with the point's name at point number `at`, from 1 on, and then goes on.
    pub fn call(at: usize, callback: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self::new(at, Fault::Call(Box::new(callback)))
    }

    /// The same plan, which counts these points alone.
    pub fn only(mut self, points: &'static [&'static str]) -> Self {
        self.only = Some(points);
        self
    }

    /// The names of the points that were passed so far, in order.
    pub fn passed(&self) -> Vec<&'static str> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn new(at: usize, fault: Fault) -> Self {
        Self { fault: Arc::new(fault), at, only: None, passed: Arc::default() }
    }

    /// Passes a point: whether the partner is to fail here. Also for wrappers of a host's own.
    #[must_use]
    pub fn pass(&self, point: &'static str) -> bool {
        if self.only.is_some_and(|only| !only.contains(&point)) {
            return false;
        }
        let number = {
            let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
            passed.push(point);
            passed.len()
        };
        if number != self.at {
            return false;
        }
        match &*self.fault {
            Fault::Nothing => false,
            Fault::Fail => true,
            Fault::Call(callback) => {
                callback(point);
                false
            }
        }
    }
}

impl fmt::Debug for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultPlan").field("at", &self.at).field("passed", &self.passed().len()).finish_non_exhaustive()
    }
}
