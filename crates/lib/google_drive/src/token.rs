//! The access token: an assertion is exchanged for it, and it is used until shortly before it expires.

use http_client::{Client, Method, header::CONTENT_TYPE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    ServiceAccount,
    error::{Error, Step},
    requests,
};

/// How long before its end a token is no longer used, in seconds. It has to last for an upload.
const MARGIN: u64 = 60;

/// A token. `Debug` is left out, so that it is never logged.
pub(crate) struct Token {
    pub(crate) text: String,
    /// In seconds since 1970.
    expires: u64,
}

impl Token {
    /// Requests a token.
    pub(crate) async fn request(client: &Client, account: &ServiceAccount, now: u64) -> Result<Self, Error> {
        let grant = utf8_percent_encode("urn:ietf:params:oauth:grant-type:jwt-bearer", NON_ALPHANUMERIC);
        let body = format!("grant_type={grant}&assertion={}", account.assertion(now)?);
        let headers = [(CONTENT_TYPE, "application/x-www-form-urlencoded")];
        let url = account.token_uri().to_string();
        let answer = requests::send(client, Step::Token, (Method::POST, &url), &headers, body).await?;
        let json = requests::json(Step::Token, &answer)?;
        let text = json["access_token"].as_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
        let text = text.filter(|text| !text.is_empty()).ok_or(Error::Unreadable(Step::Token, "access_token"))?;
        let lifetime = json["expires_in"].as_u64().ok_or(Error::Unreadable(Step::Token, "expires_in"))?;
        Ok(Self { text: text.to_owned(), expires: now.saturating_add(lifetime) })
    }

    pub(crate) const fn is_valid(&self, now: u64) -> bool {
        now.saturating_add(MARGIN) < self.expires
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn a_token_is_used_until_shortly_before_it_expires() {
        let token = Token { text: String::new(), expires: 3600 };
        assert!(token.is_valid(0) && token.is_valid(3539));
        assert!(!token.is_valid(3540) && !token.is_valid(4000));
    }
}
