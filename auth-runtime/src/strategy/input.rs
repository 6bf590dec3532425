use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    error::{FieldError, FieldErrors},
    strategies::remember_me::REMEMBER_ME,
};

/// The untyped arguments of an action: a flat map of names to values from JSON or a form.
///
/// A strategy takes out what it knows; [`Input::finish`] refuses whatever is left (promise IN-03). Values are
/// bounded, and NUL and control characters are refused before anything else looks at them (promise IN-02).
#[derive(Default)]
pub struct Input {
    fields: Map<String, Value>,
    errors: FieldErrors,
    textual: bool,
}

impl Input {
    /// The longest text that a field takes unless it says otherwise, in bytes.
    pub const TEXT_LIMIT: usize = 1024;

    /// The longest token that a field takes, in bytes (promise TK-11).
    pub const TOKEN_LIMIT: usize = 8 * 1024;

    /// How many unknown fields an answer names.
    const NAMED_UNKNOWN: usize = 16;

    /// Arguments with JSON types.
    #[must_use]
    pub fn from_json(fields: Map<String, Value>) -> Self {
        Self {
            fields,
            errors: FieldErrors::default(),
            textual: false,
        }
    }

    /// Arguments from a form, where every value is text.
    #[must_use]
    pub fn from_form(fields: Map<String, Value>) -> Self {
        Self {
            fields,
            errors: FieldErrors::default(),
            textual: true,
        }
    }

    /// Adds an argument that stands in the path. `false` when the request says something under that name, too.
    pub(crate) fn add(&mut self, name: &str, value: &str) -> bool {
        self.fields.insert(name.to_owned(), value.into()).is_none()
    }

    /// Whether the field is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Notes a problem with a field.
    pub fn refuse(&mut self, name: &str, error: FieldError) {
        self.errors.add(name, error);
    }

    /// Takes a required text of at most `limit` bytes without control characters.
    ///
    /// Returns the empty string when the field was refused; [`Input::finish`] then fails.
    pub fn text(&mut self, name: &str, limit: usize) -> String {
        let text = self.take_text(name, limit);
        if text.chars().any(char::is_control) {
            self.errors.add(name, FieldError::ControlCharacter);
        }
        text
    }

    /// Takes a required secret of at most `limit` bytes. Control characters other than NUL are part of it.
    pub fn secret(&mut self, name: &str, limit: usize) -> SecretString {
        let text = self.take_text(name, limit);
        if text.contains('\0') {
            self.errors.add(name, FieldError::ControlCharacter);
        }
        text.into()
    }

    fn take_text(&mut self, name: &str, limit: usize) -> String {
        match self.fields.remove(name) {
            None | Some(Value::Null) => {
                self.errors.add(name, FieldError::Required);
                String::new()
            }
            Some(Value::String(text)) if text.is_empty() => {
                self.errors.add(name, FieldError::Required);
                text
            }
            Some(Value::String(text)) if text.len() > limit => {
                self.errors.add(name, FieldError::TooLong);
                String::new()
            }
            Some(Value::String(text)) => text,
            Some(_) => {
                self.errors.add(name, FieldError::WrongType);
                String::new()
            }
        }
    }

    /// Takes a value of any column type. An absent field counts as null, so an `Option` may be left out.
    ///
    /// From a form, text stands for numbers and booleans too, and the empty string for null.
    pub fn value<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.fields.remove(name);
        let absent = value.is_none();
        let mut value = value.unwrap_or(Value::Null);
        if self.textual && value.as_str() == Some("") {
            value = Value::Null;
        }
        if let Some(error) = refused(&value) {
            self.errors.add(name, error);
            return None;
        }
        let scalar = if self.textual {
            value.as_str().and_then(|text| text.parse::<Value>().ok())
        } else {
            None
        };
        let null = value.is_null();
        match T::deserialize(value) {
            Ok(value) => Some(value),
            Err(_) => {
                if let Some(Ok(value)) = scalar
                    .filter(|v| v.is_number() || v.is_boolean())
                    .map(T::deserialize)
                {
                    return Some(value);
                }
                let missing = absent || null;
                self.errors.add(
                    name,
                    if missing {
                        FieldError::Required
                    } else {
                        FieldError::WrongType
                    },
                );
                None
            }
        }
    }

    /// Takes an optional yes or no; absent and null count as no. From a form, a ticked box counts as yes, whatever it
    /// sends for that: `on`, `true` or `1`.
    pub fn flag(&mut self, name: &str) -> bool {
        if self.textual {
            match self.fields.get(name).and_then(Value::as_str) {
                Some("on" | "1") => {
                    self.fields.remove(name);
                    return true;
                }
                Some("off" | "0") => {
                    self.fields.remove(name);
                    return false;
                }
                _ => {}
            }
        }
        self.value::<Option<bool>>(name).flatten().unwrap_or_default()
    }

    /// Takes the argument `remember_me` of an action that signs people in, where its strategy has that setting on.
    pub fn remembers(&mut self, on: bool) -> bool {
        on && self.flag(REMEMBER_ME)
    }

    /// Ends the reading: everything left over is unknown.
    ///
    /// # Errors
    /// All problems found since the input was made.
    pub fn finish(mut self) -> Result<(), FieldErrors> {
        // Enough to find a slip; all of them would make an answer several times as large as the request.
        for name in self.fields.keys().take(Self::NAMED_UNKNOWN) {
            // The name is the client's own text: bounded and harmless before it is repeated.
            let known: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            self.errors.add(known, FieldError::Unknown);
        }
        self.errors.or(())
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input")
            .field("fields", &self.fields.len())
            .finish_non_exhaustive()
    }
}

/// What is wrong with the texts inside a value, at any depth.
fn refused(value: &Value) -> Option<FieldError> {
    match value {
        Value::String(text) if text.len() > Input::TEXT_LIMIT => Some(FieldError::TooLong),
        Value::String(text) if text.chars().any(char::is_control) => Some(FieldError::ControlCharacter),
        Value::Array(items) => items.iter().find_map(refused),
        Value::Object(members) => members.values().find_map(refused),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_03_many_unknown_fields_get_a_short_answer() {
        let fields = (0..5_000).map(|n| (format!("a{n}"), Value::Null)).collect();
        let errors = Input::from_json(fields).finish().unwrap_err();
        assert_eq!(errors.iter().count(), Input::NAMED_UNKNOWN);
    }
}
