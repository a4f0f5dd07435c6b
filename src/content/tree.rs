//! One parsed body and the few moves that the rules make on it.
//!
//! Owns: parsing a bounded fragment, walking and changing its tree, writing it out again. Does not own: any rule.
//! Neither trusts nor mends what it holds; the sanitiser has the last word.

use ego_tree::{NodeId, NodeRef};
use html5ever::{LocalName, QualName, ns};
use scraper::node::{Element, Text};
use scraper::{Html, Node, StrTendril};

use super::text::words;

/// A body as a tree. Ids stay valid when nodes move or are taken out.
pub(crate) struct Fragment {
    html: Html,
    body: NodeId,
}

/// Elements that stand on a line of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Elements that show something without holding text.
const SHOWN: &[&str] = &[
    "img", "picture", "video", "audio", "iframe", "object", "embed", "svg", "canvas", "math", "input", "table",
    "source",
];

/// Elements whose text is never shown.
const SILENT: &[&str] = &["script", "style", "template", "noscript", "title", "head"];

impl Fragment {
    /// Parses what may stand in a body (HTML standard, section 13.4). The input must be bounded: deep trees cost
    /// more than linear time.
    pub(crate) fn parse(html: &str) -> Self {
        let html = Html::parse_fragment(html);
        let body = html
            .tree
            .root()
            .children()
            .find(|child| child.value().is_element())
            .map_or_else(|| html.tree.root().id(), |root| root.id());
        Self { html, body }
    }

    /// The element that holds the whole body.
    pub(crate) fn body(&self) -> NodeId {
        self.body
    }

    /// Writes the body as HTML.
    pub(crate) fn to_html(&self) -> String {
        self.inner_html(self.body)
    }

    /// The HTML inside one element.
    pub(crate) fn inner_html(&self, id: NodeId) -> String {
        self.node(id).and_then(scraper::ElementRef::wrap).map(|element| element.inner_html()).unwrap_or_default()
    }

    /// The node of an id.
    pub(crate) fn node(&self, id: NodeId) -> Option<NodeRef<'_, Node>> {
        self.html.tree.get(id)
    }

    /// The elements with one of these names, in document order.
    pub(crate) fn elements(&self, names: &[&str]) -> Vec<NodeId> {
        let Some(body) = self.node(self.body) else { return Vec::new() };
        body.descendants()
            .filter(|node| name_of(*node).is_some_and(|name| names.contains(&name)))
            .map(|n| n.id())
            .collect()
    }

    /// Every element, in document order.
    pub(crate) fn all_elements(&self) -> Vec<NodeId> {
        let Some(body) = self.node(self.body) else { return Vec::new() };
        body.descendants().skip(1).filter(|node| node.value().is_element()).map(|node| node.id()).collect()
    }

    /// Every text, in document order.
    pub(crate) fn text_nodes(&self) -> Vec<NodeId> {
        let Some(body) = self.node(self.body) else { return Vec::new() };
        body.descendants().filter(|node| node.value().is_text()).map(|node| node.id()).collect()
    }

    /// The element's name in lower case; empty for what is no element.
    pub(crate) fn name(&self, id: NodeId) -> &str {
        self.node(id).and_then(name_of).unwrap_or_default()
    }

    /// An attribute without a namespace.
    pub(crate) fn attr(&self, id: NodeId, name: &str) -> Option<&str> {
        // `Element::attr` would make an interned name of each question; lists of attributes are short.
        let element = self.node(id)?.value().as_element()?;
        element.attrs.iter().find(|(other, _)| &*other.local == name && other.ns == ns!()).map(|(_, value)| &**value)
    }

    /// Whether the element has any attribute.
    pub(crate) fn has_attributes(&self, id: NodeId) -> bool {
        self.node(id).and_then(|node| node.value().as_element()).is_some_and(|element| !element.attrs.is_empty())
    }

    /// Every attribute as name and value.
    #[cfg(test)]
    pub(crate) fn attrs(&self, id: NodeId) -> Vec<(String, String)> {
        self.node(id)
            .and_then(|node| node.value().as_element())
            .map(|element| element.attrs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
            .unwrap_or_default()
    }

    /// Sets an attribute, or takes it away.
    pub(crate) fn set_attr(&mut self, id: NodeId, name: &str, value: Option<&str>) {
        let Some(mut node) = self.html.tree.get_mut(id) else { return };
        let Node::Element(element) = node.value() else { return };
        let name = QualName::new(None, ns!(), LocalName::from(name));
        // The list is sorted by name; `Element::attr` searches it by halves.
        match (element.attrs.binary_search_by(|(other, _)| other.cmp(&name)), value) {
            (Ok(at), Some(value)) => element.attrs[at].1 = StrTendril::from(value),
            (Ok(at), None) => {
                element.attrs.remove(at);
            }
            (Err(at), Some(value)) => element.attrs.insert(at, (name, StrTendril::from(value))),
            (Err(_), None) => {}
        }
    }

    /// Takes a node with everything below it out of the tree.
    pub(crate) fn detach(&mut self, id: NodeId) {
        if id == self.body {
            return;
        }
        if let Some(mut node) = self.html.tree.get_mut(id) {
            node.detach();
        }
    }

    /// A new element that stands nowhere yet.
    pub(crate) fn create(&mut self, name: &str) -> NodeId {
        let name = QualName::new(None, ns!(html), LocalName::from(name));
        self.html.tree.orphan(Node::Element(Element::new(name, Vec::new()))).id()
    }

    /// A new text that stands nowhere yet.
    pub(crate) fn create_text(&mut self, text: &str) -> NodeId {
        self.html.tree.orphan(Node::Text(Text { text: StrTendril::from(text) })).id()
    }

    /// Moves a node to stand before another one.
    pub(crate) fn move_before(&mut self, id: NodeId, before: NodeId) {
        // The tree refuses siblings of what stands nowhere.
        if self.node(before).and_then(|node| node.parent()).is_none() || id == before {
            return;
        }
        if let Some(mut node) = self.html.tree.get_mut(before) {
            node.insert_id_before(id);
        }
    }

    /// Moves a node to be the last child of `parent`.
    pub(crate) fn append(&mut self, parent: NodeId, id: NodeId) {
        if let Some(mut node) = self.html.tree.get_mut(parent) {
            node.append_id(id);
        }
    }

    /// Puts a parsed piece of HTML in the place of a node.
    pub(crate) fn replace_with_html(&mut self, id: NodeId, html: &str) {
        let piece = Html::parse_fragment(html);
        let root = self.html.tree.extend_tree(piece.tree).id();
        let holder = self
            .node(root)
            .and_then(|node| node.children().find(|child| child.value().is_element()).map(|child| child.id()));
        for child in holder.map(|holder| self.children(holder)).unwrap_or_default() {
            self.move_before(child, id);
        }
        self.detach(id);
    }

    /// The children, in order.
    pub(crate) fn children(&self, id: NodeId) -> Vec<NodeId> {
        self.node(id).map(|node| node.children().map(|child| child.id()).collect()).unwrap_or_default()
    }

    /// The parent, unless it is the body itself or nothing.
    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id)?.parent().map(|parent| parent.id()).filter(|parent| *parent != self.body)
    }

    /// Whether one of the elements around this one has one of these names.
    pub(crate) fn inside(&self, id: NodeId, names: &[&str]) -> bool {
        self.node(id)
            .is_some_and(|node| node.ancestors().any(|outer| name_of(outer).is_some_and(|n| names.contains(&n))))
    }

    /// The nearest element around this one with one of these names.
    pub(crate) fn enclosing(&self, id: NodeId, names: &[&str]) -> Option<NodeId> {
        self.node(id)?
            .ancestors()
            .find(|outer| name_of(*outer).is_some_and(|n| names.contains(&n)))
            .map(|outer| outer.id())
    }

    /// Whether the node is in the body still.
    pub(crate) fn attached(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| node.ancestors().any(|outer| outer.id() == self.body))
    }

    /// The text below a node as a reader sees it: white space collapsed, lines of blocks and `<br>` apart by a space.
    pub(crate) fn text(&self, id: NodeId) -> String {
        let mut out = String::new();
        if let Some(node) = self.node(id) {
            collect_text(node, &mut out);
        }
        collapse(&out)
    }

    /// The text of a text node, as it stands.
    pub(crate) fn own_text(&self, id: NodeId) -> Option<&str> {
        self.node(id)?.value().as_text().map(|text| &**text)
    }

    /// Whether a node shows neither text nor picture.
    pub(crate) fn is_blank(&self, id: NodeId) -> bool {
        let Some(node) = self.node(id) else { return true };
        node.descendants().all(|inner| match inner.value() {
            Node::Text(text) => {
                is_space(text) || inner.ancestors().any(|outer| name_of(outer).is_some_and(|n| SILENT.contains(&n)))
            }
            Node::Element(element) => !SHOWN.contains(&element.name()) && element.name() != "hr",
            _ => true,
        })
    }

    /// Whether a node holds something to look at or to listen to.
    pub(crate) fn shows_something(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| {
            node.descendants().any(|inner| name_of(inner).is_some_and(|name| SHOWN.contains(&name)))
        })
    }

    /// Whether the element stands on a line of its own.
    pub(crate) fn is_block(&self, id: NodeId) -> bool {
        BLOCKS.contains(&self.name(id))
    }

    /// The next sibling that shows something.
    pub(crate) fn next_shown(&self, id: NodeId) -> Option<NodeId> {
        self.node(id)?.next_siblings().map(|node| node.id()).find(|sibling| !self.is_blank(*sibling))
    }

    /// The sibling before that shows something.
    pub(crate) fn prev_shown(&self, id: NodeId) -> Option<NodeId> {
        self.node(id)?.prev_siblings().map(|node| node.id()).find(|sibling| !self.is_blank(*sibling))
    }
}

fn name_of(node: NodeRef<'_, Node>) -> Option<&str> {
    node.value().as_element().map(Element::name)
}

fn collect_text(node: NodeRef<'_, Node>, out: &mut String) {
    for edge in node.traverse() {
        match edge {
            ego_tree::iter::Edge::Open(open) => match open.value() {
                Node::Text(text)
                    if !open.ancestors().any(|outer| name_of(outer).is_some_and(|name| SILENT.contains(&name))) =>
                {
                    out.push_str(text);
                }
                Node::Element(element) if element.name() == "br" || BLOCKS.contains(&element.name()) => out.push(' '),
                _ => {}
            },
            ego_tree::iter::Edge::Close(close) => {
                if name_of(close).is_some_and(|name| BLOCKS.contains(&name)) {
                    out.push(' ');
                }
            }
        }
    }
}

/// White space and marks without width: what a reader does not see.
pub(crate) fn is_space(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' | '\u{ad}'))
}

/// Runs of white space as one space, none at the ends.
pub(crate) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in words(text) {
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_comes_out_as_it_went_in() {
        let html = "<p>一<b>二</b></p><img src=\"a.jpg\"><br>三";
        assert_eq!(Fragment::parse(html).to_html(), html);
    }

    #[test]
    fn attributes_are_found_after_they_are_set_in_any_order() {
        let mut fragment = Fragment::parse("<img width=\"1\">");
        let image = fragment.elements(&["img"])[0];
        for name in ["src", "alt", "title", "height"] {
            fragment.set_attr(image, name, Some(name));
        }
        fragment.set_attr(image, "alt", None);
        assert_eq!(fragment.attr(image, "src"), Some("src"));
        assert_eq!(fragment.attr(image, "height"), Some("height"));
        assert_eq!(fragment.attr(image, "alt"), None);
    }

    #[test]
    fn text_of_blocks_does_not_run_together() {
        let fragment = Fragment::parse("<p>一</p><p>二<br>三</p><script>x</script>四<b>五</b>");
        assert_eq!(fragment.text(fragment.body()), "一 二 三 四五");
    }
}
