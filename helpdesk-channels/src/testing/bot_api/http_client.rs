//! A minimal HTTP/1.1 client for delivering webhooks: one request per connection, no TLS.

use std::fmt::Write as _;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What the other side answered.
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Splits `http://host:port/path` into the address to connect to, the host header and the path.
pub(crate) fn split_url(url: &str) -> Option<(String, String, String)> {
    let rest = url.strip_prefix("http://")?;
    let (host, path) = match rest.find(['/', '?']) {
        Some(at) => (&rest[..at], &rest[at..]),
        None => (rest, "/"),
    };
    if host.is_empty() || host.contains(['@', ' ', '\r', '\n']) || path.contains([' ', '\r', '\n']) {
        return None;
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port { host.to_owned() } else { format!("{host}:80") };
    let path = if path.starts_with('?') { format!("/{path}") } else { path.to_owned() };
    Some((address, host.to_owned(), path))
}

/// Sends one request and reads the whole answer. The error is a text for people.
pub(crate) async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<HttpAnswer, String> {
    let (address, host, path) = split_url(url).ok_or("only plain http:// addresses can be delivered to")?;
    let mut stream = TcpStream::connect(&address).await.map_err(|error| format!("Connection refused: {error}"))?;
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    let broken = |error: std::io::Error| format!("Connection closed: {error}");
    stream.write_all(head.as_bytes()).await.map_err(broken)?;
    stream.write_all(body).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    read_answer(&mut stream).await
}

async fn read_answer(stream: &mut TcpStream) -> Result<HttpAnswer, String> {
    let mut data = Vec::new();
    let head_end = loop {
        if let Some(at) = data.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut data).await.map_err(|error| format!("Read error: {error}"))? == 0 {
            return Err("Connection closed before an answer".to_owned());
        }
    };
    let head = String::from_utf8_lossy(&data[..head_end]).into_owned();
    let mut body = data.split_off(head_end + 4);
    let status = head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).ok_or("The answer is not HTTP")?;
    let header = |wanted: &str| {
        head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_ascii_lowercase())
        })
    };
    let length = header("content-length").and_then(|value| value.parse::<usize>().ok());
    while length.is_none_or(|length| body.len() < length) {
        match stream.read_buf(&mut body).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => return Err(format!("Read error: {error}")),
        }
    }
    if header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        body = dechunk(&body);
    }
    Ok(HttpAnswer { status, body })
}

fn dechunk(mut data: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = data.windows(2).position(|window| window == b"\r\n") {
        let size = String::from_utf8_lossy(&data[..line]);
        let size = size.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(size, 16) else { break };
        let start = line + 2;
        if size == 0 || data.len() < start + size {
            break;
        }
        body.extend_from_slice(&data[start..start + size]);
        data = data.get(start + size + 2..).unwrap_or_default();
    }
    body
}
