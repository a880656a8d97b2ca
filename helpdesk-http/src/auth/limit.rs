//! How often passwords may be tried.
//!
//! Logins and addresses are counted in a fixed number of buckets, by a hash with a key of this process, so that memory has
//! an upper bound whatever clients send, and nobody can choose whom they share a bucket with.

use std::{
    convert::Infallible,
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

use crate::{
    options::{LoginLimit, LoginLimits},
    state::App,
};

/// Counts tries to log in.
pub(crate) struct LoginLimiter {
    accounts: DefaultKeyedRateLimiter<u16>,
    addresses: DefaultKeyedRateLimiter<u16>,
    clock: DefaultClock,
    buckets: RandomState,
}

impl LoginLimiter {
    pub(crate) fn new(limits: LoginLimits) -> Self {
        Self {
            accounts: DefaultKeyedRateLimiter::keyed(quota(limits.per_account)),
            addresses: DefaultKeyedRateLimiter::keyed(quota(limits.per_address)),
            clock: DefaultClock::default(),
            buckets: RandomState::new(),
        }
    }

    /// Counts one try, or says how long to wait before the next. An address that tries too much no longer counts against
    /// the account, so that one attacker does not lock others out.
    pub(crate) fn count(&self, login: &str, address: Option<IpAddr>) -> Result<(), Duration> {
        let wait = |refused: governor::NotUntil<_>| refused.wait_time_from(self.clock.now());
        if let Some(address) = address {
            self.addresses.check_key(&self.bucket(network(address))).map_err(wait)?;
        }
        self.accounts.check_key(&self.bucket(login.to_lowercase())).map_err(wait)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low bits of a hash are its bucket")]
    fn bucket(&self, key: impl Hash) -> u16 {
        self.buckets.hash_one(key) as u16
    }
}

fn quota(limit: LoginLimit) -> Quota {
    let pause = limit.pause.max(Duration::from_millis(1));
    let quota = Quota::with_period(pause).unwrap_or(Quota::per_second(NonZeroU32::MIN));
    quota.allow_burst(limit.quick_tries)
}

/// One client owns a whole IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

/// The address of the client: of the connection, or the one that the host's own proxies vouch for. `None` where the host
/// serves without telling it.
pub(crate) struct ClientAddress(pub(crate) Option<IpAddr>);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        Ok(Self(match app.options.trusted_proxies {
            0 => peer,
            hops => forwarded(&parts.headers, hops).or(peer),
        }))
    }
}

/// The address that stands `hops` from the end of `X-Forwarded-For`: every proxy appends the one that it was called from.
fn forwarded(headers: &HeaderMap, hops: usize) -> Option<IpAddr> {
    let lists: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    let addresses: Vec<&str> = lists.iter().flat_map(|list| list.split(',')).map(str::trim).collect();
    let address = addresses.get(addresses.len().checked_sub(hops)?)?;
    address.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn limiter(per_account: u32, per_address: u32) -> LoginLimiter {
        let limit = |tries| LoginLimit { quick_tries: NonZeroU32::new(tries).unwrap(), pause: HOUR };
        LoginLimiter::new(LoginLimits { per_account: limit(per_account), per_address: limit(per_address) })
    }

    #[test]
    fn an_account_is_limited_from_all_addresses_together() {
        let limiter = limiter(2, 100);
        let address = |last| Some(IpAddr::from([10, 0, 0, last]));
        limiter.count("anna", address(1)).unwrap();
        limiter.count("Anna", address(2)).unwrap();
        let wait = limiter.count("ANNA", address(3)).unwrap_err();
        assert!(wait > HOUR / 2 && wait <= HOUR, "{wait:?}");
    }

    #[test]
    fn an_address_is_limited_over_all_accounts_and_stops_counting_against_them() {
        let limiter = limiter(1, 1);
        let attacker: IpAddr = "2001:db8::1".parse().unwrap();
        let same_network: IpAddr = "2001:db8::ffff".parse().unwrap();
        limiter.count("somebody", Some(attacker)).unwrap();
        limiter.count("anna", Some(same_network)).unwrap_err();
        limiter.count("anna", Some(IpAddr::from([10, 0, 0, 1]))).unwrap();
    }

    #[test]
    fn a_client_cannot_choose_the_address_that_a_proxy_vouches_for() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "1.1.1.1, 2.2.2.2".parse().unwrap());
        headers.append("x-forwarded-for", "3.3.3.3".parse().unwrap());
        assert_eq!(forwarded(&headers, 1), Some(IpAddr::from([3, 3, 3, 3])));
        assert_eq!(forwarded(&headers, 2), Some(IpAddr::from([2, 2, 2, 2])));
        assert_eq!(forwarded(&headers, 4), None);
    }
}
