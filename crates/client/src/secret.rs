//! Secrets, and taking them out of what servers say.

use std::borrow::Cow;
use std::fmt;

/// A text that shows itself nowhere but in the header it was made for.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text, without the white space around it that files and shells leave there.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Takes the secrets of one client out of texts.
#[derive(Clone, Debug, Default)]
pub struct Scrubber(Vec<Secret>);

impl Scrubber {
    /// What stands where a secret was.
    pub const MASK: &str = "[secret]";
    /// Shorter ones, as the `EMPTY` that local servers are content with, stay in replies: they are words, and a reply is
    /// data.
    const SHORTEST_IN_REPLIES: usize = 8;
    /// Shorter ones stay in messages, which would not be readable without.
    const SHORTEST_IN_MESSAGES: usize = 4;

    pub(crate) fn add(&mut self, secret: Secret) {
        self.0.push(secret);
        // A secret may contain another one, as a header's value its key: the longer goes first.
        self.0
            .sort_by_key(|secret| std::cmp::Reverse(secret.0.len()));
    }

    /// A message, of a server or of a library, without the secrets.
    pub(crate) fn message(&self, text: &str) -> String {
        self.scrub(text, Self::SHORTEST_IN_MESSAGES).into_owned()
    }

    /// A part of a reply without the secrets.
    pub(crate) fn reply(&self, text: String) -> String {
        match self.scrub(&text, Self::SHORTEST_IN_REPLIES) {
            Cow::Borrowed(_) => text,
            Cow::Owned(scrubbed) => scrubbed,
        }
    }

    fn scrub<'a>(&self, text: &'a str, shortest: usize) -> Cow<'a, str> {
        let mut scrubbed = Cow::Borrowed(text);
        for Secret(secret) in &self.0 {
            if secret.len() >= shortest && scrubbed.contains(secret.as_str()) {
                scrubbed = Cow::Owned(scrubbed.replace(secret.as_str(), Self::MASK));
            }
        }
        scrubbed
    }
}
