//! Puts the routes and what stands around them together.

use std::any::Any;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
    routing::any,
};
use helpdesk_core::Desk;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use tracing::{Span, info_span};

use crate::{
    HttpOptions, metrics, openapi,
    problem::{Kind, Problem},
    routes,
    state::App,
};

/// The whole facade of `desk` as one axum router. It needs no state and keeps none outside of itself, so a process may have
/// several, each under its own prefix.
///
/// It has a fallback that answers unknown paths with a problem document. A host that merges it into a router with another
/// fallback calls [`Router::reset_fallback`] first; everything under `/api` still answers with problems.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that logins are limited by the client's address.
///
/// ```
/// use std::sync::Arc;
/// use helpdesk_core::{Desk, memory::{MemoryBlobs, MemoryStorage}};
/// use helpdesk_http::HttpOptions;
///
/// let desk = Desk::builder(Arc::new(MemoryStorage::new()), Arc::new(MemoryBlobs::new())).build()?;
/// let shop: axum::Router = axum::Router::new()
///     .route("/", axum::routing::get(async || "the host's own page"))
///     .nest("/desk", helpdesk_http::router(desk, HttpOptions::default()));
/// # drop(shop);
/// # Ok::<(), helpdesk_core::BuildError>(())
/// ```
pub fn router(desk: Desk, options: HttpOptions) -> Router {
    let (router, mut document) = routes::all(openapi::frame(&options.cookie)).split_for_parts();
    openapi::finish(&mut document);
    // A document of strings and maps cannot fail to serialise.
    let app = App::new(desk, options, serde_json::to_vec(&document).unwrap_or_default().into());
    router
        .method_not_allowed_fallback(async || Problem::new(Kind::MethodNotAllowed))
        .route("/api/{*unknown}", any(unknown))
        .fallback(unknown)
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(TraceLayer::new_for_http().make_span_with(span))
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(middleware::from_fn_with_state(app.clone(), metrics::count))
                .layer(default_header(header::CACHE_CONTROL, "no-store"))
                .layer(default_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .layer(CatchPanicLayer::custom(panicked)),
        )
        .with_state(app)
}

async fn unknown() -> Problem {
    Problem::new(Kind::NotFound)
}

fn default_header(name: header::HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// No headers, which carry tokens, and no query, which carries what people search for.
fn span(request: &Request) -> Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
    info_span!("request", method = %request.method(), path = request.uri().path(), id)
}

/// The panic's own words go to the log alone, through the panic hook.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::new(Kind::Internal).into_response()
}
