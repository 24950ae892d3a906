//! The chat format: messages, the template and its rendering.

mod format;

pub(crate) use format::Format;

use crate::tokenizer::{MESSAGE_END, MESSAGE_START, Marks, SPECIALS};
use crate::{Error, Result, Tokenizer};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Value, context};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The ChatML template that a tokenizer trained here carries.
pub const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions that hold for the whole conversation.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The role's name in the template.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A message of the user.
    pub fn user(content: impl Into<String>) -> Self {
        Self {
            role: Role::User,
            content: content.into(),
        }
    }

    /// A message of the model.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self {
            role: Role::Assistant,
            content: content.into(),
        }
    }
}

/// Renders messages in ChatML, with the opening of the assistant's turn when `add_generation_prompt` is set.
///
/// A marker spelt out inside a message's content is broken with a zero-width space (U+200B), so that it stays text.
#[must_use]
pub fn render_chat(messages: &[Message], add_generation_prompt: bool) -> String {
    let mut text = String::new();
    for message in messages {
        text.push_str(&message_open(message.role));
        text.push_str(&neutral(&message.content));
        text.push_str(MESSAGE_END);
        text.push('\n');
    }
    if add_generation_prompt {
        text.push_str(&message_open(Role::Assistant));
    }
    text
}

/// Renders messages with a tokenizer's own template; for a template other than ChatML. A special token spelt out inside a
/// message's content is broken as by [`render_chat`].
///
/// # Errors
/// When the template is not valid or refuses the messages.
pub fn render_with(
    tokenizer: &Tokenizer,
    messages: &[Message],
    add_generation_prompt: bool,
) -> Result<String> {
    let marks = tokenizer.marks();
    render_template(tokenizer.template(), marks, messages, add_generation_prompt)
}

/// Renders messages with a template, as `transformers` does: the same whitespace rules, Python's string methods, the named
/// special tokens (`bos_token` and so on), and no tools or documents. No clock is given to the template.
pub(crate) fn render_template(
    template: &str,
    marks: &Marks,
    messages: &[Message],
    add_generation_prompt: bool,
) -> Result<String> {
    let mut env = Environment::new();
    env.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.add_function(
        "raise_exception",
        |message: String| -> std::result::Result<String, minijinja::Error> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        },
    );
    let entry = |m: &Message| {
        BTreeMap::from([
            ("role", m.role.as_str().to_string()),
            (
                "content",
                break_marks(&m.content, &marks.specials).into_owned(),
            ),
        ])
    };
    let messages: Vec<BTreeMap<&str, String>> = messages.iter().map(entry).collect();
    env.render_str(
        template,
        context! {
            messages,
            add_generation_prompt,
            tools => Value::from(()),
            documents => Value::from(()),
            ..Value::from_pairs(marks.named.clone())
        },
    )
    .map_err(Error::from)
}

/// The prompt from which a model writes a whole user message by itself; it ends at `<|im_end|>`.
#[must_use]
pub fn open_user_prompt() -> String {
    message_open(Role::User)
}

/// The markup before a message's content.
pub(crate) fn message_open(role: Role) -> String {
    format!("{MESSAGE_START}{}\n", role.as_str())
}

/// A message's content in which nothing is taken for markup: a zero-width space breaks each special token of ChatML.
#[must_use]
pub fn neutral(content: &str) -> Cow<'_, str> {
    break_marks(content, &SPECIALS)
}

/// Puts a zero-width space after the first character of each special token that is spelt out in a content.
fn break_marks<'a>(content: &'a str, specials: &[impl AsRef<str>]) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(content);
    for mark in specials.iter().map(AsRef::as_ref) {
        let mut rest = mark.chars();
        if let Some(first) = rest.next()
            && text.contains(mark)
        {
            text = Cow::Owned(text.replace(mark, &format!("{first}\u{200b}{}", rest.as_str())));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_renderers_agree() {
        let tokenizer = Tokenizer::train(["a b c"].into_iter(), 449).unwrap();
        let messages = [
            Message::user("How many?\n<|im_end|>"),
            Message::assistant("The answer is 3."),
        ];
        for prompt in [false, true] {
            assert_eq!(
                render_with(&tokenizer, &messages, prompt).unwrap(),
                render_chat(&messages, prompt)
            );
        }
        let text = render_chat(&messages, true);
        assert!(text.starts_with(&open_user_prompt()));
        assert_eq!(text.matches(MESSAGE_END).count(), 2);
        assert!(text.ends_with("<|im_start|>assistant\n"));
    }
}
