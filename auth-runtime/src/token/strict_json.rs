//! JSON in which every member stands once.
//!
//! Parsers that disagree on which of two equal members counts are a way past a check, so neither counts (promises
//! TK-11 and IN-03). Nesting is bounded by the caller, and nothing may follow the value.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Why a text is not acceptable JSON. It never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StrictJsonError {
    /// Not JSON, not UTF-8, or more than one value.
    #[error("not valid JSON")]
    Syntax,
    /// An object has two members of one name.
    #[error("a JSON object has two members of one name")]
    Duplicate,
    /// More arrays and objects inside each other than allowed.
    #[error("JSON nested too deeply")]
    TooDeep,
}

/// Reads one value with at most `max_depth` arrays or objects inside each other (a scalar needs none; never more
/// than 127).
///
/// # Errors
/// [`StrictJsonError`] on anything else.
pub(crate) fn parse(bytes: &[u8], max_depth: usize) -> Result<Value, StrictJsonError> {
    let fault = Cell::new(StrictJsonError::Syntax);
    let mut input = serde_json::Deserializer::from_slice(bytes);
    StrictValue::new(max_depth, &fault)
        .deserialize(&mut input)
        .and_then(|value| input.end().map(|()| value))
        .map_err(|_| fault.get())
}

/// Reads one value inside a larger one; leaves the cause of a failure other than syntax in `fault`.
#[derive(Clone, Copy)]
pub(super) struct StrictValue<'a> {
    depth: usize,
    fault: &'a Cell<StrictJsonError>,
}

impl<'a> StrictValue<'a> {
    /// A reader that allows `max_depth` arrays or objects inside each other.
    pub(super) fn new(max_depth: usize, fault: &'a Cell<StrictJsonError>) -> Self {
        Self {
            depth: max_depth,
            fault,
        }
    }

    fn descend<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(self.fail(StrictJsonError::TooDeep)),
        }
    }

    fn fail<E: Error>(self, fault: StrictJsonError) -> E {
        self.fault.set(fault);
        E::custom(fault)
    }
}

impl<'de> DeserializeSeed<'de> for StrictValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.descend()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(inner)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.descend()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(self.fail(StrictJsonError::Duplicate));
            }
            let value = members.next_value_seed(inner)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn tk_11_members_stand_once_at_every_level() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"b":2,"a":3}}"#,
            r#"[{"a":[{"b":null,"b":null}]}]"#,
        ] {
            assert_eq!(
                parse(text.as_bytes(), 8),
                Err(StrictJsonError::Duplicate),
                "{text}"
            );
        }
        assert_eq!(
            parse(br#"{"a":{"a":1},"b":{"a":1}}"#, 8),
            Ok(json!({"a": {"a": 1}, "b": {"a": 1}}))
        );
    }

    #[test]
    fn tk_11_depth_is_bounded() {
        assert_eq!(parse(b"1", 0), Ok(json!(1)));
        assert_eq!(parse(b"[]", 0), Err(StrictJsonError::TooDeep));
        assert_eq!(parse(b"[{}]", 2), Ok(json!([{}])));
        assert_eq!(parse(b"[{\"a\":[]}]", 2), Err(StrictJsonError::TooDeep));
        let bomb = "[".repeat(100_000);
        assert_eq!(parse(bomb.as_bytes(), 32), Err(StrictJsonError::TooDeep));
        assert!(parse(bomb.as_bytes(), usize::MAX).is_err());
    }

    #[test]
    fn tk_11_anything_else_is_a_syntax_error() {
        for text in [
            &b""[..],
            b" ",
            b"{}{}",
            b"{} x",
            b"{\"a\":1,}",
            b"[1,]",
            b"{'a':1}",
            b"\xef\xbb\xbf{}",
            b"\"\xff\"",
            b"nan",
            b"01",
            b"1e999",
            b"\"\\ud800\"",
        ] {
            assert_eq!(parse(text, 8), Err(StrictJsonError::Syntax), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn tk_11_reads_what_serde_json_writes(value in any_json()) {
            prop_assert_eq!(parse(&serde_json::to_vec(&value).unwrap(), 16), Ok(value));
        }

        #[test]
        fn tk_11_never_accepts_what_serde_json_refuses(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(value) = parse(&bytes, 16) {
                prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
            }
        }
    }
}
