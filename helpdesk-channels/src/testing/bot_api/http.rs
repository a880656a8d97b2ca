//! The HTTP side: which request is a method call, which a download, and where faults strike.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::Value;

use super::answer::{ApiError, ApiResult, envelope};
use super::connection::Line;
use super::faults::{DOWNLOAD, Fault};
use super::methods;
use super::page;
use super::params::{Params, percent_decode};
use super::world::Shared;

/// Everything that a server answers: the Bot API, file downloads and the chat page.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    page::router().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(shared)
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request<Body>,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    if let Some(rest) = path.strip_prefix("/file/bot") {
        let (token, file) = rest.split_once('/').unwrap_or((rest, ""));
        return download(&shared, &line, &percent_decode(token), &percent_decode(file)).await;
    }
    let Some(rest) = path.strip_prefix("/bot") else {
        return json_answer(&Err(ApiError::new(404, "Not Found")));
    };
    let (token, method) = rest.split_once('/').unwrap_or((rest, ""));
    let (token, method) = (percent_decode(token), percent_decode(method));
    let Some(bot) = shared.read(|world| world.bots.iter().position(|bot| bot.token == token)) else {
        return json_answer(&Err(wrong_token(&token)));
    };
    if !matches!(*request.method(), Method::GET | Method::POST) {
        return json_answer(&Err(ApiError::new(405, "Method Not Allowed")));
    }
    match Params::read(request).await {
        Ok(params) => call(&shared, &line, bot, &method, &params).await,
        Err(error) => json_answer(&Err(error)),
    }
}

/// A token that does not look like one is an unknown address, any other is unauthorized.
fn wrong_token(token: &str) -> ApiError {
    let well_formed = token.split_once(':').is_some_and(|(id, secret)| {
        !id.is_empty() && !secret.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
    });
    if well_formed { ApiError::new(401, "Unauthorized") } else { ApiError::new(404, "Not Found") }
}

async fn call(shared: &Arc<Shared>, line: &Line, bot: usize, method: &str, params: &Params) -> Response<Body> {
    let (number, fault) = shared.edit(|world| {
        let number = world.log_call(bot, method, params);
        let fault = world.faults.take(method, params.int("chat_id"));
        if let Some((_, fault)) = &fault {
            world.log_fault(number, fault.clone());
        }
        (number, fault)
    });
    if let Some((rule, fault)) = &fault
        && let Some(refusal) = before(shared, line, *rule, fault).await
    {
        return refusal;
    }
    let outcome = methods::call(shared, bot, method, params).await;
    shared.edit(|world| world.log_outcome(number, &outcome));
    match fault {
        Some((_, Fault::LostAnswer)) => lose(line).await,
        Some((rule, Fault::HangAnswer)) => released(shared, rule).await,
        _ => {}
    }
    json_answer(&outcome)
}

/// Lets a fault strike before a request is carried out; an answer means it must not be.
async fn before(shared: &Shared, line: &Line, rule: u64, fault: &Fault) -> Option<Response<Body>> {
    match fault {
        Fault::LostAnswer | Fault::HangAnswer => None,
        Fault::DropBeforeProcessing => {
            lose(line).await;
            None
        }
        Fault::Hang => {
            released(shared, rule).await;
            None
        }
        Fault::Delay(pause) => {
            tokio::time::sleep(*pause).await;
            None
        }
        Fault::Status(code) => Some(html_answer(*code)),
        Fault::RateLimit { .. } | Fault::Forbidden | Fault::Error { .. } => {
            fault.error().map(|error| json_answer(&Err(error)))
        }
    }
}

/// Cuts the connection. The request ends here, as its handler is dropped with the connection.
async fn lose(line: &Line) {
    line.cut();
    std::future::pending::<()>().await;
}

async fn released(shared: &Shared, rule: u64) {
    let mut changes = shared.changes();
    while !shared.read(|world| world.faults.released(rule)) {
        let _ = changes.changed().await;
    }
}

async fn download(shared: &Shared, line: &Line, token: &str, path: &str) -> Response<Body> {
    if !shared.read(|world| world.bots.iter().any(|bot| bot.token == token)) {
        return json_answer(&Err(wrong_token(token)));
    }
    let fault = shared.edit(|world| world.faults.take(DOWNLOAD, None));
    if let Some((rule, fault)) = fault {
        if let Some(refusal) = before(shared, line, rule, &fault).await {
            return refusal;
        }
        match fault {
            Fault::LostAnswer => lose(line).await,
            Fault::HangAnswer => released(shared, rule).await,
            _ => {}
        }
    }
    match shared.read(|world| world.files.download(path)) {
        Some(bytes) => {
            let mut response = Response::new(Body::from(bytes));
            let kind = HeaderValue::from_static("application/octet-stream");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        None => json_answer(&Err(ApiError::new(404, "Not Found"))),
    }
}

pub(crate) fn json_answer(outcome: &ApiResult) -> Response<Body> {
    let (status, body) = envelope(outcome);
    with_body(status, "application/json", serialize(&body))
}

fn serialize(body: &Value) -> Body {
    Body::from(body.to_string())
}

fn html_answer(status: u16) -> Response<Body> {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    let page = format!(
        "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n\
         <center><h1>{status} {reason}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    with_body(status, "text/html", Body::from(page))
}

fn with_body(status: u16, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
