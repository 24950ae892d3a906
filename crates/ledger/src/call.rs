//! What the ledger holds of a call.

use crate::Key;

/// A model's reply, or the row's own failure to get one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// What the model said, without its reasoning.
    pub text: String,
    /// What it thought aloud before that, where the server or the text sets it apart.
    pub reasoning: Option<String>,
    /// Why the reply ended, such as `stop`, `length`, `prompt_too_long` or `content_filter`.
    pub finish: String,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens of the reply, with its reasoning.
    pub completion_tokens: u32,
    /// Sum of the log-probabilities of the reply's tokens, in nats, where it is known.
    pub logprob: Option<f32>,
    /// How often the call was sent until this reply came, from 1.
    pub attempts: u32,
    /// What it cost, in the currency of the configuration; none where no price is known.
    pub cost: Option<f64>,
}

/// One line of the ledger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// The call's identity.
    pub key: Key,
    /// The stage that asks.
    pub stage: String,
    /// The stage's round.
    pub round: u32,
    /// The row that it asks for.
    pub row_id: String,
    /// Which of several samples for the row, from 0.
    pub sample: u32,
    /// The model's identity.
    pub model: String,
    /// Sampling parameters as JSON.
    pub params: String,
    /// The prompt, whole.
    pub prompt: String,
    /// The random seed of the reply.
    pub seed: u64,
    /// Whether a server was asked, so that the reply counts against a budget.
    pub paid: bool,
    /// The reply.
    pub reply: Reply,
}

/// What all paid calls of a ledger come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Calls with a reply.
    pub calls: u64,
    /// Tokens of their prompts.
    pub prompt_tokens: u64,
    /// Tokens of their replies.
    pub completion_tokens: u64,
    /// What the priced ones cost.
    pub cost: f64,
    /// How many have no price.
    pub unpriced: u64,
}
