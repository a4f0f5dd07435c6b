//! What a piece of HTML amounts to, for comparisons that do not mind quoting and order.

use std::collections::BTreeMap;

use gleaner::domain::WebUrl;
use scraper::{Html, Node};

/// Elements, attributes and text of a piece of HTML, for a comparison that does not mind quoting and order.
pub(crate) struct Shape {
    elements: BTreeMap<String, usize>,
    /// Addresses only: the attributes that matter to what a reader can do.
    addresses: BTreeMap<String, usize>,
    text: String,
}

impl Shape {
    /// Reads a piece of HTML.
    pub(crate) fn of(html: &str) -> Self {
        let mut shape = Self { elements: BTreeMap::new(), addresses: BTreeMap::new(), text: String::new() };
        for node in Html::parse_fragment(html).tree.nodes() {
            match node.value() {
                Node::Element(element) => {
                    *shape.elements.entry(element.name().to_owned()).or_default() += 1;
                    for (name, value) in element.attrs() {
                        if matches!(name, "href" | "src") {
                            *shape.addresses.entry(plain_address(value)).or_default() += 1;
                        }
                    }
                }
                Node::Text(text) => shape.text.push_str(text),
                _ => {}
            }
        }
        shape.text.retain(|c| !c.is_whitespace());
        shape
    }

    /// Whether nothing is in `self` that is not in `other`: the same result, or a stricter one.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let fewer = |mine: &BTreeMap<String, usize>, theirs: &BTreeMap<String, usize>| {
            mine.iter().all(|(key, n)| theirs.get(key).is_some_and(|m| m >= n))
        };
        fewer(&self.elements, &other.elements)
            && fewer(&self.addresses, &other.addresses)
            && (other.text.contains(&self.text) || self.text == other.text)
    }

    /// Whether both show the same words and lead to the same addresses, whatever elements hold them.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.text == other.text && self.addresses == other.addresses
    }
}

/// An address without the differences of spelling that make no other address.
fn plain_address(address: &str) -> String {
    let absolute = WebUrl::parse("https://article.example/a/").ok().and_then(|base| base.join(address).ok());
    absolute.map_or_else(|| address.trim().replace("#art-", "#"), |url| url.as_str().replace("#art-", "#"))
}
