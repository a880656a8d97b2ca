//! What is counted about one router, in Prometheus' text form. Nothing is installed for the process: each router counts
//! for itself, and a host with a recorder of its own keeps it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use helpdesk_core::{desk::Status, storage::TaskBacklog};
use jiff::Timestamp;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::state::App;

const REQUESTS: &str = "helpdesk_http_requests_total";
const LATENCY: &str = "helpdesk_http_request_seconds";
const FEEDS: &str = "helpdesk_feeds_open";
const TASKS_DUE: &str = "helpdesk_tasks_due";
const TASKS: &str = "helpdesk_tasks";
const TASK_AGE: &str = "helpdesk_task_oldest_due_seconds";
const CHANNEL: &str = "helpdesk_channel_running";
const READY: &str = "helpdesk_ready";

const LATENCY_BUCKETS_SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Samples of a histogram wait in a list until somebody looks; this many requests are the longest wait.
const UPKEEP_EVERY_REQUESTS: u32 = 4096;

/// The counters of one router.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    since_upkeep: AtomicU32,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let builder = PrometheusBuilder::new();
        let builder = builder
            .set_buckets_for_metric(Matcher::Full(LATENCY.to_owned()), &LATENCY_BUCKETS_SECONDS)
            // Fails for an empty list alone.
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        with_local_recorder(&recorder, || {
            describe_counter!(REQUESTS, "Requests by route, method and status.");
            describe_histogram!(LATENCY, "Seconds until the answer's head was ready, by route.");
            describe_gauge!(FEEDS, "Live feeds that are open.");
            describe_gauge!(TASKS_DUE, "Tasks that are due and held by nobody.");
            describe_gauge!(TASKS, "All tasks, timers included.");
            describe_gauge!(TASK_AGE, "Seconds that the oldest due task has waited.");
            describe_gauge!(CHANNEL, "Whether a channel is receiving in this process.");
            describe_gauge!(READY, "Whether the storage answers.");
        });
        Self { handle: recorder.handle(), recorder, since_upkeep: AtomicU32::new(0) }
    }

    fn request(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let route = route.to_owned();
        with_local_recorder(&self.recorder, || {
            counter!(REQUESTS, "route" => route.clone(), "method" => method, "status" => status.to_string())
                .increment(1);
            histogram!(LATENCY, "route" => route).record(took.as_secs_f64());
        });
        if self.since_upkeep.fetch_add(1, Ordering::Relaxed) >= UPKEEP_EVERY_REQUESTS {
            self.since_upkeep.store(0, Ordering::Relaxed);
            self.handle.run_upkeep();
        }
    }

    /// Counts an open feed for as long as the answer lives.
    pub(crate) fn feed_opened(this: Arc<Self>) -> FeedOpen {
        with_local_recorder(&this.recorder, || gauge!(FEEDS).increment(1));
        FeedOpen(this)
    }

    /// Everything that was counted, and how the desk is doing at `now`; `None` while that is not known.
    pub(crate) fn render(&self, status: Option<&Status>, now: Timestamp) -> String {
        with_local_recorder(&self.recorder, || {
            // A gauge that is never touched is not shown.
            gauge!(FEEDS).increment(0);
            gauge!(READY).set(f64::from(u8::from(status.is_some())));
            let Some(status) = status else { return };
            backlog(&status.backlog, now);
            for channel in &status.channels {
                gauge!(CHANNEL, "channel" => channel.name.to_string()).set(f64::from(u8::from(channel.running)));
            }
        });
        self.handle.render()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a backlog that no longer fits 53 bits has other problems")]
fn backlog(backlog: &TaskBacklog, now: Timestamp) {
    gauge!(TASKS_DUE).set(backlog.due as f64);
    gauge!(TASKS).set(backlog.total as f64);
    let age = backlog.oldest_due.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
    gauge!(TASK_AGE).set(age.max(0.0));
}

/// A feed that is open, for as long as it lives.
pub(crate) struct FeedOpen(Arc<Metrics>);

impl Drop for FeedOpen {
    fn drop(&mut self) {
        with_local_recorder(&self.0.recorder, || gauge!(FEEDS).decrement(1));
    }
}

/// Counts every request by its route's pattern: never by its path, which clients make up.
pub(crate) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(metrics) = &app.metrics else { return next.run(request).await };
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PATCH" => "PATCH",
        _ => "other",
    };
    let started = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    metrics.request(route, method, response.status().as_u16(), started.elapsed());
    response
}
