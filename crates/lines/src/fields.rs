//! The fields of one row, each with its own text.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The fields of an object in their order, each value as it is written.
#[derive(Debug, Clone, Default)]
pub struct Fields(pub Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsFields;
        impl<'de> Visitor<'de> for AsFields {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(AsFields)
    }
}

impl Fields {
    /// Reads one line.
    ///
    /// # Errors
    /// Where the line is no JSON object.
    pub fn parse(line: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(line)
    }

    /// The row of one field.
    #[must_use]
    pub fn of(name: &str, value: &Value) -> Self {
        let value =
            serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned());
        Self(vec![(name.to_owned(), value)])
    }

    /// The text of a field's value, of the last where the name is there twice.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter().rev();
        fields
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.get())
    }

    /// The fields whose names are not among `without`.
    pub fn others<'a>(
        &'a self,
        without: &'a [&'a str],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(|(name, _)| !without.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value.get()))
    }

    /// The row as a line of JSON: without some fields, with others added at its end.
    #[must_use]
    pub fn with(&self, without: &[&str], added: &[(&str, Value)]) -> String {
        let mut line = String::from("{");
        let mut add = |name: &str, value: &str| {
            if line.len() > 1 {
                line.push_str(", ");
            }
            line.push_str(&Value::String(name.into()).to_string());
            line.push_str(": ");
            line.push_str(value);
        };
        for (name, value) in self.others(without) {
            add(name, value);
        }
        for (name, value) in added {
            add(name, &value.to_string());
        }
        line.push('}');
        line
    }
}
