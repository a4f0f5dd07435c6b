use super::*;
use crate::domain::{ArticleId, UnixMillis};

#[test]
fn a_mark_is_reported_with_a_way_back_to_the_same_list() {
    let address = Done::Marked { count: 12, receipt: 34 }.on("/unread?order=oldest");

    let notice = notice_of(&address, Locale::english()).unwrap();

    let undo = notice.undo.unwrap();
    assert_eq!(notice.text, "12 articles marked as read.");
    assert_eq!(undo.path, "/undo");
    assert_eq!(undo.fields, [("receipt", "34".to_owned()), ("back", "/unread?order=oldest".to_owned())]);
}

#[test]
fn a_star_that_was_taken_away_is_brought_back_as_it_was() {
    let undo = MarkValue { article: ArticleId(7), on: true, since: Some(UnixMillis(900)) };
    let address = Done::Set { name: MarkName::Starred, undo }.on("/starred#a7");

    let notice = notice_of(address.trim_end_matches("#a7"), Locale::english()).unwrap();

    assert_eq!(address, "/starred?done=set&mark=starred&undo=7.1.900#a7");
    assert_eq!(notice.text, "The star is taken away.");
    let fields = [("starred", "7.1.900".to_owned()), ("back", "/starred".to_owned())];
    assert_eq!(notice.undo.unwrap(), Undo { path: "/marks".to_owned(), fields: fields.into() });
    assert_eq!(notice_of("/starred?done=set&mark=title&undo=7.1", Locale::english()), None);
}

#[test]
fn a_later_notice_takes_the_place_of_an_earlier_one() {
    let marked = Done::Marked { count: 12, receipt: 34 }.on("/unread?order=oldest");

    let undone = Done::Unmarked { count: 12 }.on(&marked);

    assert_eq!(undone, "/unread?order=oldest&done=unmarked&n=12");
}

#[test]
fn nothing_marked_offers_no_undo() {
    let address = Done::Marked { count: 0, receipt: 0 }.on("/unread#a7");
    assert!(address.ends_with("#a7"), "{address}");
    assert_eq!(notice_of("/unread?done=marked&n=0&undo=0", Locale::english()).unwrap().undo, None);
}

#[test]
fn an_address_without_a_known_deed_has_no_notice() {
    assert_eq!(notice_of("/unread", Locale::english()), None);
    assert_eq!(notice_of("/unread?done=everything", Locale::english()), None);
}

#[test]
fn feeds_that_were_let_go_can_be_followed_again_from_where_one_was() {
    let done = Done::FeedsLeft { count: 2, title: None, receipt: 9 };

    let notice = notice_of(&done.on("/feeds?show=trouble"), Locale::english()).unwrap();

    let undo = notice.undo.unwrap();
    assert_eq!(notice.text, "2 feeds are not followed any more.");
    assert_eq!(undo.path, "/feeds/again");
    assert_eq!(undo.fields, [("receipt", "9".to_owned()), ("back", "/feeds?show=trouble".to_owned())]);
}
