//! The stack of open elements, followed by the tree construction rules of the HTML standard (section 13.2.6) as far as
//! they decide how deep a tree gets.

use super::names::{BREAKS_OUT, CLOSES_P, IN_MATH, IN_SVG, LIST, Name, RAW, SCOPE, SPECIAL, VOID};

/// An open element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open<'a> {
    pub(super) name: Name,
    pub(super) flags: u16,
    /// As written; empty for an element that the parser adds by itself.
    pub(super) spelling: &'a [u8],
    pub(super) vocabulary: Vocabulary,
}

/// The language that an element belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vocabulary {
    Html,
    Svg,
    Math,
}

impl Open<'_> {
    fn is_foreign(&self) -> bool {
        self.vocabulary != Vocabulary::Html
    }

    /// Whether HTML may stand directly inside.
    fn holds_html(&self) -> bool {
        match self.vocabulary {
            Vocabulary::Html => true,
            Vocabulary::Svg => self.flags & IN_SVG != 0,
            Vocabulary::Math => self.flags & IN_MATH != 0,
        }
    }

    fn is_called(&self, spelling: &[u8]) -> bool {
        self.spelling.eq_ignore_ascii_case(spelling)
    }
}

/// What a tag does to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// A start tag that opens an element, or one without content.
    Added,
    /// An end tag that closes an element.
    Closed,
    /// A tag that parsers pass over.
    Ignored,
    /// A tag whose effect is not followed here: it must not reach a parser.
    Doubtful,
    /// A tag without an effect on the depth (`</body>`, `</br>`).
    Neutral,
}

/// The open elements and what was lost sight of.
#[derive(Debug, Default)]
pub(super) struct Tree<'a> {
    pub(super) stack: Vec<Open<'a>>,
    /// Elements that the last tag closed although they have an end tag of their own that did not come, innermost first.
    pub(super) closed: Vec<Open<'a>>,
    /// How many open elements switch the tokenizer or ignore tags: svg, math, select, noscript.
    pub(super) odd: usize,
    /// Open formatting elements.
    pub(super) formatting: usize,
    /// Elements that parsers add by themselves.
    pub(super) implied: usize,
}

impl<'a> Tree<'a> {
    pub(super) fn in_foreign(&self) -> bool {
        self.stack.last().is_some_and(|top| !top.holds_html())
    }

    pub(super) fn start(&mut self, spelling: &'a [u8], name: Name, flags: u16, self_closing: bool) -> Effect {
        self.closed.clear();
        if self.in_foreign() {
            if flags & BREAKS_OUT == 0 {
                let parent = self.stack.last().map_or(Vocabulary::Html, |top| top.vocabulary);
                // Section 13.2.6.5: everything belongs to the language around it, but for SVG in an annotation.
                let annotates = self.stack.last().is_some_and(|top| top.is_called(b"annotation-xml"));
                let vocabulary = if name == Name::Svg && annotates { Vocabulary::Svg } else { parent };
                let mut open = Open { name: Name::Other, flags: flags & (IN_SVG | IN_MATH), spelling, vocabulary };
                if open.holds_html() || spelling.eq_ignore_ascii_case(b"annotation-xml") {
                    open.flags |= SPECIAL | SCOPE;
                }
                if !self_closing {
                    self.push(open);
                }
                return Effect::Added;
            }
            while self.in_foreign() {
                self.pop();
            }
        }
        if flags & CLOSES_P != 0 {
            if name == Name::Li || name == Name::DefinitionPart {
                self.close_sibling(name);
            }
            if let Some(at) = self.find_in(SCOPE, |open| open.name == Name::P, Some(Name::Button)) {
                self.pop_to(at);
            }
        }
        match name {
            Name::Frame => return Effect::Neutral,
            Name::Heading if self.top_is(Name::Heading) => self.pop(),
            Name::Button => {
                if let Some(at) = self.find_in(SCOPE, |open| open.name == Name::Button, None) {
                    self.pop_to(at);
                }
            }
            Name::OptionItem | Name::Optgroup => {
                while self.top_is(Name::OptionItem) || (name == Name::Optgroup && self.top_is(Name::Optgroup)) {
                    self.pop();
                }
            }
            Name::RubyPart => {
                while self.top_is(Name::RubyPart) {
                    self.pop();
                }
            }
            Name::Form if self.stack.iter().any(|open| open.name == Name::Form) => return Effect::Ignored,
            Name::Select => {
                if let Some(at) = self.stack.iter().rposition(|open| open.name == Name::Select) {
                    if self.noscript_above(at) {
                        return Effect::Doubtful;
                    }
                    self.pop_to(at);
                    return Effect::Ignored;
                }
            }
            Name::A => {
                if let Some(at) = self.find_formatting(|open| open.name == Name::A) {
                    // The parser closes the outer link around whatever is open in it.
                    let open = self.stack.remove(at);
                    self.formatting -= 1;
                    self.implied += 1;
                    if at == self.stack.len() {
                        self.closed.push(open);
                    }
                }
            }
            Name::Table => {
                let context = self
                    .stack
                    .iter()
                    .rposition(|open| matches!(open.name, Name::Table | Name::Cell | Name::Caption | Name::Template));
                if let Some(at) = context.filter(|&at| self.stack[at].name == Name::Table) {
                    if self.noscript_above(at) {
                        return Effect::Doubtful;
                    }
                    self.pop_to(at);
                }
            }
            Name::Caption | Name::Colgroup | Name::RowGroup | Name::Row | Name::Cell => match self.table_context() {
                Some(table) if self.stack[table].name == Name::Table => self.open_table_context(table, name),
                // Whether it opens anything depends on what the template began with (section 13.2.6.4.22).
                Some(_) => return Effect::Doubtful,
                None => return Effect::Ignored,
            },
            _ => {}
        }
        if self.odd > 0 && matches!(spelling.len(), 5 | 6 | 8) {
            let closes_select = [b"input".as_slice(), b"keygen", b"textarea"];
            if closes_select.iter().any(|s| s.eq_ignore_ascii_case(spelling))
                && let Some(at) = self.stack.iter().rposition(|open| open.name == Name::Select)
            {
                if self.noscript_above(at) {
                    return Effect::Doubtful;
                }
                self.pop_to(at);
            }
        }
        if flags & VOID == 0 {
            let vocabulary = match name {
                Name::Svg => Vocabulary::Svg,
                Name::Math => Vocabulary::Math,
                _ => Vocabulary::Html,
            };
            self.push(Open { name, flags, spelling, vocabulary });
            if self_closing && matches!(name, Name::Svg | Name::Math) {
                self.pop();
                self.closed.clear();
            }
        }
        Effect::Added
    }

    pub(super) fn end(&mut self, spelling: &[u8], name: Name) -> Effect {
        self.closed.clear();
        if matches!(name, Name::Frame) || spelling.eq_ignore_ascii_case(b"br") {
            return Effect::Neutral;
        }
        if self.stack.last().is_some_and(Open::is_foreign) {
            let mut at = self.stack.len();
            while at > 0 && self.stack[at - 1].is_foreign() {
                at -= 1;
                if self.stack[at].is_called(spelling) {
                    self.pop_to(at);
                    self.closed.pop();
                    return Effect::Closed;
                }
            }
        }
        let found = match name {
            Name::P => self.find_in(SCOPE, |open| open.name == Name::P, Some(Name::Button)),
            Name::Li => self.find_in(SCOPE | LIST, |open| open.name == Name::Li, None),
            Name::Heading => self.find_in(SCOPE, |open| open.name == Name::Heading, None),
            Name::DefinitionPart | Name::Block | Name::Button | Name::Select => {
                self.find_in(SCOPE, |open| open.is_called(spelling), None)
            }
            Name::Form => {
                let found = self.find_in(SCOPE, |open| open.name == Name::Form, None);
                if let Some(at) = found {
                    // Only the form is closed, not what is open in it.
                    self.stack.remove(at);
                    return Effect::Closed;
                }
                None
            }
            Name::A | Name::Formatting => return self.end_formatting(spelling),
            Name::Table | Name::Row | Name::RowGroup | Name::Cell | Name::Caption | Name::Colgroup => {
                self.find_in_table(spelling)
            }
            Name::Noscript => self.stack.iter().rposition(|open| open.name == Name::Noscript),
            Name::Template => {
                let ends = |open: &Open<'_>| matches!(open.name, Name::Template | Name::Noscript);
                self.stack.iter().rposition(ends).filter(|&at| self.stack[at].name == Name::Template)
            }
            _ => self.find_ordinary(spelling),
        };
        let Some(at) = found else { return Effect::Ignored };
        self.pop_to(at);
        self.closed.pop();
        Effect::Closed
    }

    /// Closes the innermost element if its content is text that this end tag ends.
    pub(super) fn end_raw(&mut self, spelling: &[u8]) -> Option<Open<'a>> {
        let ends = |top: &&Open<'_>| top.flags & RAW != 0 && !top.is_foreign() && top.is_called(spelling);
        let raw = self.stack.last().filter(ends).copied()?;
        self.pop();
        Some(raw)
    }

    fn end_formatting(&mut self, spelling: &[u8]) -> Effect {
        let Some(at) = self.find_formatting(|open| open.is_called(spelling)) else {
            return Effect::Ignored;
        };
        if self.stack[at + 1..].iter().any(|open| open.flags & SPECIAL != 0) {
            // What stands inside stays open; the parser makes a copy of the element within it.
            self.stack.remove(at);
            self.formatting -= 1;
            self.implied += 1;
        } else {
            self.pop_to(at);
            self.closed.pop();
        }
        Effect::Closed
    }

    fn push(&mut self, open: Open<'a>) {
        match open.name {
            Name::A | Name::Formatting => self.formatting += 1,
            Name::Svg | Name::Math | Name::Select | Name::Noscript => self.odd += 1,
            _ => {}
        }
        self.stack.push(open);
    }

    fn push_implied(&mut self, name: Name) {
        self.implied += 1;
        self.push(Open { name, flags: SPECIAL, spelling: b"", vocabulary: Vocabulary::Html });
    }

    fn pop(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        match open.name {
            Name::A | Name::Formatting => self.formatting -= 1,
            Name::Svg | Name::Math | Name::Select | Name::Noscript => self.odd -= 1,
            _ => {}
        }
        self.closed.push(open);
    }

    /// Closes everything down to and including the element at `at`.
    fn pop_to(&mut self, at: usize) {
        while self.stack.len() > at {
            self.pop();
        }
    }

    /// Whether closing the element at `at` would close a `noscript`, whose content is text for some parsers.
    fn noscript_above(&self, at: usize) -> bool {
        self.stack[at..].iter().any(|open| open.name == Name::Noscript)
    }

    fn top_is(&self, name: Name) -> bool {
        self.stack.last().is_some_and(|top| top.name == name)
    }

    /// The innermost element that `wanted` names, if no element of the kinds in `boundary` (or called `also`) is
    /// between.
    fn find_in(&self, boundary: u16, wanted: impl Fn(&Open<'_>) -> bool, also: Option<Name>) -> Option<usize> {
        for (at, open) in self.stack.iter().enumerate().rev() {
            if wanted(open) && !open.is_foreign() {
                return Some(at);
            }
            if open.flags & boundary != 0 || Some(open.name) == also {
                return None;
            }
        }
        None
    }

    fn find_in_table(&self, spelling: &[u8]) -> Option<usize> {
        for (at, open) in self.stack.iter().enumerate().rev() {
            if open.is_called(spelling) {
                return Some(at);
            }
            if matches!(open.name, Name::Table | Name::Template | Name::Noscript) {
                return None;
            }
        }
        None
    }

    fn find_formatting(&self, wanted: impl Fn(&Open<'_>) -> bool) -> Option<usize> {
        self.find_in(SCOPE, |open| matches!(open.name, Name::A | Name::Formatting) && wanted(open), None)
    }

    fn find_ordinary(&self, spelling: &[u8]) -> Option<usize> {
        for (at, open) in self.stack.iter().enumerate().rev() {
            if open.is_called(spelling) {
                return Some(at);
            }
            if open.flags & SPECIAL != 0 && !open.is_foreign() {
                return None;
            }
        }
        None
    }

    /// A list item ends the one before it, and a term or definition likewise.
    fn close_sibling(&mut self, name: Name) {
        for at in (0..self.stack.len()).rev() {
            let open = &self.stack[at];
            if open.name == name {
                self.pop_to(at);
                return;
            }
            let passes = open.name == Name::P || [b"div".as_slice(), b"address"].iter().any(|s| open.is_called(s));
            if open.flags & SPECIAL != 0 && !passes {
                return;
            }
        }
    }

    /// The table, or the template, that a part of a table would belong to.
    fn table_context(&self) -> Option<usize> {
        let ends = |open: &Open<'_>| matches!(open.name, Name::Table | Name::Template | Name::Noscript);
        self.stack.iter().rposition(ends).filter(|&at| self.stack[at].name != Name::Noscript)
    }

    /// Brings the stack to where a part of the table at `table` called `name` may stand.
    fn open_table_context(&mut self, table: usize, name: Name) {
        let deepest = match name {
            Name::Cell => self.stack[table..].iter().position(|open| open.name == Name::Row).map(|at| table + at),
            _ => None,
        };
        let group = match name {
            Name::Cell | Name::Row => {
                self.stack[table..].iter().position(|open| open.name == Name::RowGroup).map(|at| table + at)
            }
            _ => None,
        };
        let keep = deepest.or(group).unwrap_or(table);
        self.pop_to(keep + 1);
        if self.stack[keep].name == Name::Table && matches!(name, Name::Cell | Name::Row) {
            self.push_implied(Name::RowGroup);
        }
        if name == Name::Cell && self.top_is(Name::RowGroup) {
            self.push_implied(Name::Row);
        }
    }
}
