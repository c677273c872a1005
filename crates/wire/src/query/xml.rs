//! XML as a tree of elements: enough of XML for AWS's answers, with nothing that could expand.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{DEPTH_LIMIT, ELEMENT_LIMIT};
use crate::shape::{ReadError, ReadErrorKind};

/// One element: attributes, comments and namespaces are left out.
#[derive(Debug, Default)]
pub struct Element<'x> {
    name: String,
    text: Cow<'x, str>,
    children: Vec<Element<'x>>,
}

impl<'x> Element<'x> {
    /// Reads a document.
    ///
    /// # Errors
    /// Bytes that are no XML in UTF-8, a document type declaration, an entity beyond the five of XML itself, too many
    /// elements, or elements too deep inside each other.
    pub fn parse(document: &'x [u8]) -> Result<Self, ReadError> {
        let document = std::str::from_utf8(document).map_err(|error| syntax(error.valid_up_to(), "invalid UTF-8"))?;
        let mut reader = Reader::from_str(document);
        // The last is the innermost element that is still open; the first stands for the document.
        let mut open = vec![Self::default()];
        let mut count = 0;
        loop {
            let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            match reader.read_event().map_err(|error| syntax(offset, &error.to_string()))? {
                Event::Start(start) => {
                    count += 1;
                    open.push(Self::named(&start));
                }
                Event::Empty(start) => {
                    count += 1;
                    adopt(&mut open, Self::named(&start));
                }
                Event::End(_) => {
                    if let Some(closed) = open.pop() {
                        adopt(&mut open, closed);
                    }
                }
                Event::Text(text) => add_text(&mut open, text.xml10_content()),
                Event::CData(text) => add_text(&mut open, text.xml10_content()),
                Event::GeneralRef(entity) => {
                    let character = entity.resolve_char_ref().map_err(|error| syntax(offset, &error.to_string()))?;
                    let character = character.or_else(|| predefined(&entity));
                    let character = character.ok_or_else(|| syntax(offset, "unknown entity"))?;
                    add_text(&mut open, Cow::Owned(character.to_string()));
                }
                Event::DocType(_) => return Err(syntax(offset, "document type declarations are not accepted")),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof => return root(open, offset),
            }
            if count > ELEMENT_LIMIT {
                return Err(ReadError::new(ReadErrorKind::TooMany { limit: ELEMENT_LIMIT }));
            }
            if open.len() > DEPTH_LIMIT + 1 {
                return Err(ReadError::new(ReadErrorKind::TooDeep { limit: DEPTH_LIMIT }));
            }
        }
    }

    fn named(start: &BytesStart<'_>) -> Self {
        Self { name: start.local_name().as_ref().to_owned(), ..Self::default() }
    }

    /// The name, without a namespace's prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text inside, without that of the elements inside.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The elements inside.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// The first element inside with this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

fn adopt<'x>(open: &mut [Element<'x>], child: Element<'x>) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(child);
    }
}

fn add_text<'x>(open: &mut [Element<'x>], more: Cow<'x, str>) {
    if let Some(inside) = open.last_mut() {
        if inside.text.is_empty() {
            inside.text = more;
        } else {
            inside.text.to_mut().push_str(&more);
        }
    }
}

fn predefined(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// The one element of a document that has been read to its end.
fn root(mut open: Vec<Element<'_>>, end: usize) -> Result<Element<'_>, ReadError> {
    match (open.pop(), open.is_empty()) {
        (Some(mut document), true) if document.children.len() == 1 && document.text.trim().is_empty() => {
            document.children.pop().ok_or_else(|| syntax(end, "no element"))
        }
        (Some(_), true) => Err(syntax(end, "a document has one element and nothing beside it")),
        _ => Err(syntax(end, "the document ends inside an element")),
    }
}

fn syntax(offset: usize, detail: &str) -> ReadError {
    ReadError::new(ReadErrorKind::Syntax { offset, detail: detail.to_owned() })
}
