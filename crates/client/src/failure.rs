//! Why a call has no reply.

use serde::{Deserialize, Serialize};

/// Why a call has no reply. What is a row's own, as a prompt that is too long, is not here: that is a
/// [`Finish`](crate::Finish).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No call of this model can succeed until somebody acts: the run should stop. From then on every call of the client
    /// fails so.
    #[error("{message}; {hint}")]
    Fatal {
        /// What kind of failure it is.
        class: Class,
        /// What happened, with the server's address and words.
        message: String,
        /// What to do.
        hint: String,
    },
    /// This call used up its attempts while others succeeded: the row's failure.
    #[error("no reply after {attempts} attempts: {message}")]
    NoReply {
        /// The kind of the last failure.
        class: Class,
        /// How many attempts there were.
        attempts: u32,
        /// What the last one met.
        message: String,
    },
    /// The server refused this request (400, 413 or 422) and took others: the row's failure.
    #[error("the server refused the request: {message}")]
    Refused {
        /// The server's words.
        message: String,
    },
    /// The client was closed before this call was sent, or before it was sent again.
    #[error("the client was closed")]
    Cancelled,
}

/// A kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// 429. Tried again.
    RateLimit,
    /// 500, 502, 503, 529 and others of the server's own, or a reply that it gave up. Tried again.
    Overload,
    /// 408, 504, or no reply within the deadline. Tried again.
    Timeout,
    /// No connection, or one that broke before the reply was complete. Tried again.
    Connection,
    /// A reply that is not what the interface says. Tried again.
    Malformed,
    /// 401 or 403. Fatal.
    Auth,
    /// 404 and others that say that there is no such model or address. Fatal.
    NotFound,
    /// 402, or 429 because the account has no credit. Fatal.
    Quota,
    /// 400, 413 or 422: the request's failure where others succeed, otherwise fatal.
    InvalidRequest,
}

impl Class {
    /// Every kind, in order.
    pub const ALL: [Self; 9] = [
        Self::RateLimit,
        Self::Overload,
        Self::Timeout,
        Self::Connection,
        Self::Malformed,
        Self::Auth,
        Self::NotFound,
        Self::Quota,
        Self::InvalidRequest,
    ];

    /// The name in reports: `rate_limit`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimit => "rate_limit",
            Self::Overload => "overload",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Malformed => "malformed",
            Self::Auth => "auth",
            Self::NotFound => "not_found",
            Self::Quota => "quota",
            Self::InvalidRequest => "invalid_request",
        }
    }

    /// Whether another attempt can succeed.
    pub fn can_succeed(self) -> bool {
        matches!(
            self,
            Self::RateLimit | Self::Overload | Self::Timeout | Self::Connection | Self::Malformed
        )
    }

    /// Whether it says that the replica itself is in a bad way, rather than busy.
    pub(crate) fn is_sickness(self) -> bool {
        matches!(self, Self::Overload | Self::Timeout | Self::Connection)
    }
}

/// What one attempt met instead of a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    /// What kind of failure it is.
    pub class: Class,
    /// What happened.
    pub message: String,
    /// Whether fewer calls at a time are called for: 429, 503, 529 and timeouts.
    pub(crate) crowded: bool,
}

impl Trouble {
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            crowded: matches!(class, Class::RateLimit | Class::Timeout),
        }
    }
}
