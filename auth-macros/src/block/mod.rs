//! Blocks of settings: `word name? { key: value, nested { … } }`.
//!
//! [`block!`] declares a block once: the reader, the near names of unknown words and the settings reference all
//! use that one table. Settings that several blocks have are a block too, which the others name in brackets.

mod allow;
mod pairs;
mod read;
mod skip;

use syn::{Ident, parse::ParseStream};

pub(crate) use self::{
    allow::Allow,
    pairs::Pairs,
    read::{read_entries, read_list, read_nested, read_setting},
    skip::{braced, brackets, parentheses, skip_all, skip_value},
};
use crate::errors::Errors;

/// What there is to know about a block before one was written.
#[derive(Debug)]
#[allow(dead_code, reason = "only the settings reference reads the texts")]
pub(crate) struct Table {
    /// The word that opens it.
    pub(crate) word: &'static str,
    /// Its own description, for the reference.
    pub(crate) doc: &'static [&'static str],
    pub(crate) settings: &'static [Row],
    pub(crate) blocks: &'static [&'static str],
    /// Settings and blocks that stand in this block and are declared elsewhere.
    pub(crate) shared: &'static [&'static Self],
    /// The promises that some setting of the block can give up.
    pub(crate) promises: &'static [&'static str],
}

/// One setting of a table.
#[derive(Debug)]
#[allow(dead_code, reason = "only the settings reference reads the texts")]
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) default: &'static str,
    pub(crate) doc: &'static [&'static str],
}

impl Table {
    /// This table and those that it shares.
    fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.shared.iter().copied())
    }

    /// All settings that stand in the block.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'static Row> {
        self.all().flat_map(|table| table.settings)
    }

    /// All blocks that stand in the block.
    pub(crate) fn nested(&self) -> impl Iterator<Item = &'static str> {
        self.all().flat_map(|table| table.blocks.iter().copied())
    }

    /// All promises that can be given up in the block.
    pub(crate) fn given_up(&self) -> Vec<&'static str> {
        self.all()
            .flat_map(|table| table.promises.iter().copied())
            .collect()
    }

    fn names(&self) -> Vec<&'static str> {
        self.rows().map(|row| row.key).chain(self.nested()).collect()
    }

    /// What the block is called that `opened` opens: several words may open one kind of block.
    fn place(&self, opened: &Ident) -> String {
        if self.word.is_empty() {
            "`authentication!`".to_owned()
        } else {
            format!("`{opened}`")
        }
    }

    /// Whether the word is a setting or a block here.
    pub(crate) fn has(&self, word: &Ident) -> bool {
        self.names().iter().any(|name| word == name)
    }
}

/// The settings that stand in a block, also those that could not be read: what is wrong is not missing too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    words: Vec<Ident>,
    /// What words were meant for that are none.
    meant: Vec<&'static str>,
}

impl Seen {
    pub(crate) fn lacks(&self, key: &str) -> bool {
        !self.words.iter().any(|word| word == key) && !self.meant.contains(&key)
    }

    /// The words, as written.
    pub(crate) fn words(&self) -> &[Ident] {
        &self.words
    }
}

/// Something written as `word name? { … }`.
pub(crate) trait Block: Sized {
    /// Whether a name may stand between the word and the brace.
    const NAMED: bool = false;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self;
}

/// What a block does with one word of its content. Called with the input after the colon, or inside the braces.
pub(crate) enum Entry<'a> {
    Setting(Ident, ParseStream<'a>),
    Block(Ident, Option<Ident>, ParseStream<'a>),
}

impl Entry<'_> {
    pub(crate) fn word(&self) -> &Ident {
        match self {
            Self::Setting(word, _) | Self::Block(word, ..) => word,
        }
    }
}

/// What a section does with one `kind name? { … }` of its list. Called with the input inside the braces.
pub(crate) type Take<'a> = dyn FnMut(Ident, Option<Ident>, ParseStream, &mut Errors) + 'a;

/// Declares a block: its struct, its table and its reader. `[field: Block]` takes the settings of another block in.
macro_rules! block {
    (
        $(#[doc = $doc:literal])*
        $word:literal gives_up [$($promise:literal),*]
        struct $Block:ident {
            $( $(#[doc = $setting_doc:literal])* $setting:ident: $Kind:ty = $default:literal, )*
            $( { $nested:ident: $Nested:ty } )*
            $( [ $shared:ident: $Shared:ty ] )*
        }
    ) => {
        #[doc = concat!("The block `", $word, "` as written.")]
        #[derive(Debug, Clone)]
        pub(crate) struct $Block {
            /// The word that opens it.
            #[allow(dead_code, reason = "a block whose settings are all optional needs no word to underline")]
            pub(crate) word: ::proc_macro2::Ident,
            /// The name between the word and the brace.
            #[allow(dead_code, reason = "few kinds of block have a name of their own")]
            pub(crate) name: Option<::proc_macro2::Ident>,
            /// The promises given up in it.
            pub(crate) allows: Vec<$crate::block::Allow>,
            /// The settings that stand there, also those that could not be read.
            pub(crate) seen: $crate::block::Seen,
            $( pub(crate) $setting: Option<$crate::setting::Setting<$Kind>>, )*
            $( pub(crate) $nested: Option<$Nested>, )*
            $( pub(crate) $shared: $Shared, )*
        }

        impl $Block {
            pub(crate) const TABLE: $crate::block::Table = $crate::block::Table {
                word: $word,
                doc: &[$($doc),*],
                settings: &[ $( $crate::block::Row {
                    key: stringify!($setting),
                    kind: <$Kind as $crate::setting::Value>::KIND,
                    default: $default,
                    doc: &[$($setting_doc),*],
                }, )* ],
                blocks: &[ $( stringify!($nested) ),* ],
                shared: &[ $( &<$Shared>::TABLE ),* ],
                promises: &[$($promise),*],
            };

            /// The block before anything in it was read.
            pub(crate) fn empty(word: ::proc_macro2::Ident, name: Option<::proc_macro2::Ident>) -> Self {
                Self {
                    $( $shared: <$Shared>::empty(word.clone(), None), )*
                    word,
                    name,
                    allows: Vec::new(),
                    seen: $crate::block::Seen::default(),
                    $( $setting: None, )*
                    $( $nested: None, )*
                }
            }

            /// Reads one of its settings or blocks.
            pub(crate) fn take(&mut self, entry: $crate::block::Entry<'_>, errors: &mut $crate::errors::Errors) {
                $( if <$Shared>::TABLE.has(entry.word()) {
                    return self.$shared.take(entry, errors);
                } )*
                match entry {
                    $crate::block::Entry::Setting(key, input) => match key.to_string().as_str() {
                        $( stringify!($setting) => {
                            $crate::block::read_setting(key, input, &mut self.$setting, errors);
                        } )*
                        _ => drop($crate::block::skip_value(input)),
                    },
                    #[allow(unused_variables, reason = "a block without nested blocks")]
                    $crate::block::Entry::Block(word, name, content) => match word.to_string().as_str() {
                        $( stringify!($nested) => {
                            $crate::block::read_nested(word, name, content, &mut self.$nested, errors);
                        } )*
                        _ => $crate::block::skip_all(content),
                    },
                }
            }

            /// What stands in it, right or wrong, and what it gives up.
            pub(crate) fn has_read(&mut self, allows: Vec<$crate::block::Allow>, seen: $crate::block::Seen) {
                $( self.$shared.has_read(allows.clone(), seen.clone()); )*
                self.allows = allows;
                self.seen = seen;
            }

            #[allow(dead_code, reason = "settings that others share are read with theirs")]
            pub(crate) fn read_content(
                word: ::proc_macro2::Ident,
                name: Option<::proc_macro2::Ident>,
                content: ::syn::parse::ParseStream,
                errors: &mut $crate::errors::Errors,
            ) -> Self {
                let mut block = Self::empty(word.clone(), name);
                let mut take = |entry: $crate::block::Entry<'_>, errors: &mut $crate::errors::Errors| {
                    block.take(entry, errors);
                };
                let (allows, seen) = $crate::block::read_entries(&word, content, &Self::TABLE, errors, &mut take);
                block.has_read(allows, seen);
                block
            }
        }
    };
}
pub(crate) use block;
