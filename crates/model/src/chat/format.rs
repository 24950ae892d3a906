//! A chat template taken apart, so that each message's marks are known by themselves.

use super::{Message, Role, render_template};
use crate::tokenizer::{MESSAGE_END, Marks};
use crate::{Error, Result};

/// The marks around the messages of a conversation, as a chat template writes them.
///
/// Examples are written in ChatML; a tokenizer with another template puts its own marks in the place of those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// What comes before a conversation that has no system message of its own, such as a default one.
    preamble: String,
    system: Option<Turn>,
    user: Turn,
    assistant: Turn,
}

/// The marks of one role's messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Turn {
    open: String,
    /// The special token that ends the message; empty where the next message's opening does.
    end: String,
    /// What follows it.
    after: String,
}

/// Contents by which the marks around them are found.
const CONTENTS: [&str; 4] = ["CONTENT-0-", "CONTENT-1-", "CONTENT-2-", "CONTENT-3-"];

impl Format {
    /// Takes a template apart by rendering conversations of known contents.
    ///
    /// # Errors
    /// When the template does not parse, does not write each message's content once and in order, or marks a role's
    /// messages differently from one place to another.
    pub(crate) fn of(template: &str, marks: &Marks) -> Result<Self> {
        let pieces = |roles: &[Role], prompt: bool| -> Result<Vec<String>> {
            let messages: Vec<Message> = roles
                .iter()
                .zip(CONTENTS)
                .map(|(role, content)| Message {
                    role: *role,
                    content: content.to_string(),
                })
                .collect();
            let text = render_template(template, marks, &messages, prompt)?;
            cut(&text, messages.len()).ok_or_else(|| odd("it does not write the contents in order"))
        };
        let (user, assistant) = (Role::User, Role::Assistant);
        let whole = pieces(&[user, assistant, user, assistant], false)?;
        let question = pieces(&[user], false)?;
        let prompt = pieces(&[user], true)?;
        let strip = |text: &str, front: &str, what: &str| {
            let rest = text.strip_prefix(front).map(str::to_string);
            rest.ok_or_else(|| odd(&format!("{what} is not the same everywhere")))
        };
        let closed = strip(&whole[1], &question[1], "the end of a user message")?;
        let reopened = strip(&whole[2], &whole[4], "the end of a reply")?;
        let preamble = whole[0]
            .strip_suffix(&reopened)
            .ok_or_else(|| odd("the opening of a user message is not the same everywhere"))?;
        if whole[3] != whole[1] || !prompt[1].starts_with(&whole[1]) {
            return Err(odd("the opening of a reply is not the same everywhere"));
        }
        let mut format = Self {
            preamble: preamble.to_string(),
            system: None,
            user: Turn::new(&reopened, &question[1], marks),
            assistant: Turn::new(&closed, &whole[4], marks),
        };
        if format.assistant.end.is_empty() {
            return Err(odd("no special token ends a reply"));
        }
        // Some templates refuse a system message, or write it into the user's.
        if let Ok(system) = pieces(&[Role::System, user], false)
            && let Some(close) = system[1].strip_suffix(&reopened)
        {
            format.system = Some(Turn::new(&system[0], close, marks));
        }
        Ok(format)
    }

    fn turn(&self, role: Role) -> Option<&Turn> {
        match role {
            Role::System => self.system.as_ref(),
            Role::User => Some(&self.user),
            Role::Assistant => Some(&self.assistant),
        }
    }

    /// The special token that ends a reply.
    pub(crate) fn end(&self) -> &str {
        &self.assistant.end
    }

    /// What opens a conversation with a user message.
    pub(crate) fn open_user(&self) -> String {
        format!("{}{}", self.preamble, self.user.open)
    }

    /// Text in ChatML marks, as one part of an example has it, in the marks of this format. `role` is that of the message
    /// that is open, and `first` says whether the part begins a conversation.
    ///
    /// # Errors
    /// When the template has no system messages and one is opened.
    pub(crate) fn translate(
        &self,
        text: &str,
        first: bool,
        role: &mut Option<Role>,
    ) -> Result<String> {
        for opened in [Role::System, Role::User, Role::Assistant] {
            if text != super::message_open(opened) {
                continue;
            }
            *role = Some(opened);
            let turn = self
                .turn(opened)
                .ok_or_else(|| odd("it has no system messages of their own"))?;
            let preamble = if first && opened != Role::System {
                self.preamble.as_str()
            } else {
                ""
            };
            return Ok(format!("{preamble}{}", turn.open));
        }
        let turn = role.and_then(|role| self.turn(role));
        Ok(match (turn, text) {
            (Some(turn), MESSAGE_END) if turn.end.is_empty() => self.assistant.end.clone(),
            (Some(turn), MESSAGE_END) => turn.end.clone(),
            (Some(turn), "\n") => turn.after.clone(),
            _ => text.to_string(),
        })
    }
}

impl Turn {
    fn new(open: &str, close: &str, marks: &Marks) -> Self {
        let end = marks
            .specials
            .iter()
            .filter(|special| close.starts_with(special.as_str()))
            .max_by_key(|special| special.len())
            .map_or("", String::as_str);
        Self {
            open: open.to_string(),
            end: end.to_string(),
            after: close[end.len()..].to_string(),
        }
    }
}

/// The text before, between and after the first `count` contents; none when one is not there once, in order.
fn cut(text: &str, count: usize) -> Option<Vec<String>> {
    let (mut rest, mut pieces) = (text, Vec::new());
    for content in &CONTENTS[..count] {
        let (before, after) = rest.split_once(content)?;
        pieces.push(before.to_string());
        rest = after;
    }
    pieces.push(rest.to_string());
    let again = pieces.iter().any(|piece| piece.contains("CONTENT-"));
    (!again).then_some(pieces)
}

fn odd(message: &str) -> Error {
    Error::Tokenizer(format!(
        "the chat template cannot be taken apart: {message}; put another one into chat_template.jinja"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::CHATML;
    use std::collections::BTreeMap;

    fn marks(specials: &[&str], named: &[(&str, &str)]) -> Marks {
        Marks {
            specials: specials.iter().map(ToString::to_string).collect(),
            named: named
                .iter()
                .map(|(name, text)| (name.to_string(), text.to_string()))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    fn conversation(format: &Format) -> String {
        let mut role = None;
        let example = crate::train::Example::chat(&[
            (Message::user("Q"), false),
            (Message::assistant("A"), true),
        ]);
        let parts = example.parts.iter().enumerate();
        parts
            .map(|(i, part)| match part.markup {
                true => format.translate(&part.text, i == 0, &mut role).unwrap(),
                false => part.text.clone(),
            })
            .collect()
    }

    #[test]
    fn chatml_is_left_as_it_is() {
        let format = Format::of(CHATML, &marks(&["<|im_start|>", "<|im_end|>"], &[])).unwrap();
        assert_eq!(format.open_user(), "<|im_start|>user\n");
        assert_eq!(format.end(), "<|im_end|>");
        assert_eq!(
            conversation(&format),
            "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\nA<|im_end|>"
        );
    }

    /// The features that templates of the Qwen2.5 family use.
    const WITH_DEFAULT: &str = "{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content.strip() + '<|im_end|>\\n' }}
    {%- set messages = messages[1:] %}
{%- else %}
    {{- '<|im_start|>system\\nBe brief.<|im_end|>\\n' }}
{%- endif %}
{%- if tools is not none %}{{ tools | tojson }}{% endif %}
{%- for m in messages %}
    {%- if m.role in ['user', 'assistant'] and not m.tool_calls %}
        {{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>' + '\\n' }}
    {%- else %}{{ raise_exception('no such role') }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}";

    #[test]
    fn a_default_system_message_comes_first() {
        let marks = marks(&["<|im_start|>", "<|im_end|>"], &[]);
        let format = Format::of(WITH_DEFAULT, &marks).unwrap();
        let open = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n";
        assert_eq!(format.open_user(), open);
        assert!(conversation(&format).starts_with(open));
        let mut role = None;
        let system = format.translate("<|im_start|>system\n", true, &mut role);
        assert_eq!(system.unwrap(), "<|im_start|>system\n");
    }

    /// The features that templates of the Llama 3 family use.
    const HEADERS: &str = "{{- bos_token }}{% for m in messages %}
        {{- '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n' + m['content'] | trim + '<|eot_id|>' }}
    {%- endfor %}{% if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

    #[test]
    fn headers_take_the_place_of_chatml() {
        let specials = [
            "<|eot_id|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|begin|>",
        ];
        let format = Format::of(HEADERS, &marks(&specials, &[("bos_token", "<|begin|>")])).unwrap();
        assert_eq!(format.end(), "<|eot_id|>");
        assert_eq!(
            conversation(&format),
            "<|begin|><|start_header_id|>user<|end_header_id|>\n\nQ<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\nA<|eot_id|>"
        );
    }

    #[test]
    fn an_opening_may_end_the_message_before() {
        let template = "{% for m in messages %}{% if m.role == 'user' %}{{ '<Q>' + m.content }}\
            {% elif m.role == 'assistant' %}{{ '<A>' + m.content + '<E>' }}{% endif %}{% endfor %}\
            {% if add_generation_prompt %}<A>{% endif %}";
        let format = Format::of(template, &marks(&["<Q>", "<A>", "<E>"], &[])).unwrap();
        let mut role = None;
        assert_eq!(
            format
                .translate("<|im_start|>user\n", true, &mut role)
                .unwrap(),
            "<Q>"
        );
        // A user message that is learnt needs an end.
        assert_eq!(
            format.translate("<|im_end|>", false, &mut role).unwrap(),
            "<E>"
        );
        assert_eq!(format.translate("\n", false, &mut role).unwrap(), "");
        assert!(
            format
                .translate("<|im_start|>system\n", true, &mut role)
                .is_err()
        );
    }

    #[test]
    fn templates_that_cannot_be_divided_are_explained() {
        let marks = marks(&["<E>"], &[]);
        for (template, named) in [
            (
                "{% for m in messages %}{{ m.role }}{% endfor %}",
                "contents",
            ),
            (
                "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}",
                "special token",
            ),
            (
                "{% for m in messages %}{{ loop.index }}{{ m.content }}<E>{% endfor %}",
                "same everywhere",
            ),
        ] {
            let message = Format::of(template, &marks).unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
        assert!(Format::of("{% for", &marks).is_err());
    }
}
