//! The OpenAPI document: what the routes say about themselves, and what holds for all of them.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, Content, Info, License, OpenApi, OpenApiBuilder, Ref, RefOr, Response, SecurityRequirement, Server,
        Tag,
        path::Operation,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{
    options::CookieOptions,
    problem::{InputError, ProblemDocument},
};

const PROBLEM: &str = "Problem";
const DESCRIPTION: &str = "\
The support desk for its staff. Every list answers `items` and `next`: give `next` back as `cursor` for the next page. \
Every other answer than the described one is a problem document (RFC 9457), whose `type` tells programs what happened.";

/// What the document says before the routes are added.
pub(crate) fn frame(cookie: &CookieOptions) -> OpenApi {
    let mut info = Info::new("helpdesk", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    info.license = Some(License::new("MIT OR Apache-2.0"));
    let tag = |(name, description): (&str, &str)| {
        let mut tag = Tag::new(name);
        tag.description = Some(description.to_owned());
        tag
    };
    let tags = [
        ("auth", "Logins of staff"),
        ("staff", "Accounts of staff"),
        ("sessions", "Support dialogs"),
        ("messages", "What is said in them"),
        ("attachments", "Files"),
        ("events", "The live feed"),
        ("channels", "Where platforms push their updates to"),
        ("operation", "For those who run the desk"),
    ];
    OpenApiBuilder::new()
        .info(info)
        // Relative to this document's own place, so that it holds under every prefix.
        .servers(Some([Server::new("../..")]))
        .tags(Some(tags.map(tag)))
        .components(Some(components(cookie)))
        .security(Some([SecurityRequirement::new("bearer", [""; 0]), SecurityRequirement::new("cookie", [""; 0])]))
        .build()
}

fn components(cookie: &CookieOptions) -> Components {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        cookie.name.clone(),
        "Set by the login. Requests that change something must come from the desk's own pages.".to_owned(),
    ));
    let mut components = Components::new();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    components.schemas.insert(ProblemDocument::name().into_owned(), ProblemDocument::schema());
    components.schemas.insert(InputError::name().into_owned(), InputError::schema());
    let mut problem = Response::new("Not done, and why");
    let schema = Ref::from_schema_name(ProblemDocument::name());
    problem.content.insert("application/problem+json".to_owned(), RefOr::T(Content::new(Some(RefOr::Ref(schema)))));
    components.responses.insert(PROBLEM.to_owned(), RefOr::T(problem));
    components
}

/// Adds what holds for every operation, once the routes are in.
pub(crate) fn finish(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations: [&mut Option<Operation>; 3] = [&mut item.get, &mut item.post, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            let problem = RefOr::Ref(Ref::from_response_name(PROBLEM));
            operation.responses.responses.insert("default".to_owned(), problem);
        }
    }
}
