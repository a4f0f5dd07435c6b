//! Large bodies on their way in: over slow lines, and many at once.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{Stream, StreamExt as _, stream};
use http::Method;
use tokio::time::{sleep, timeout};

use crate::support::database::TestDatabase;
use crate::support::site::{Browser, Reply, TestSite};

const ARTICLES: &str = "/settings/import/articles";
const ARTICLE: &str = "<!--1692092344000-->\n[Tea](https://tea.example/1)\n------\n\n<p>The rain came late.</p>\n";

fn pieces(article: &str) -> Vec<Bytes> {
    let head = "--ear\r\ncontent-disposition: form-data; name=\"file\"; filename=\"1.md\"\r\n\r\n";
    let body = format!("{head}{article}\r\n--ear--\r\n");
    body.as_bytes().chunks(body.len().div_ceil(36)).map(Bytes::copy_from_slice).collect()
}

async fn send(browser: &Browser, body: impl Stream<Item = Bytes> + Send + 'static) -> Reply {
    let body = Body::from_stream(body.map(Ok::<_, std::io::Error>));
    browser.send(Method::POST, ARTICLES, "multipart/form-data; boundary=ear", body).await
}

/// The first piece, and nothing ever after.
fn unfinished() -> impl Stream<Item = Bytes> + Send + 'static {
    stream::iter(pieces(ARTICLE).into_iter().take(1)).chain(stream::pending())
}

#[tokio::test]
async fn a_list_that_comes_slowly_has_more_time_than_a_form() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let slowly = stream::iter(pieces(ARTICLE)).then(|piece| async {
        sleep(Duration::from_secs(1)).await;
        piece
    });

    let reply = send(&ada, slowly).await;

    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(site.app.db.subscriptions(ada.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn four_lists_come_at_once_and_two_of_one_reader_and_the_next_waits_its_turn() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let (ada, bob, cleo) = (site.user("ada").await, site.user("bob").await, site.user("cleo").await);
    let hanging = |browser: &Browser| {
        let browser = browser.copy();
        tokio::spawn(async move { send(&browser, unfinished()).await })
    };
    let under_way = [hanging(&ada), hanging(&ada), hanging(&bob), hanging(&bob)];
    sleep(Duration::from_millis(300)).await;

    let next = tokio::spawn({
        let cleo = cleo.copy();
        async move { send(&cleo, stream::iter(pieces(ARTICLE))).await }
    });
    sleep(Duration::from_millis(300)).await;
    assert!(!next.is_finished(), "there is no place");
    assert_eq!(ada.get("/all").await.status, 200, "everything else goes on");
    assert_eq!(cleo.post("/categories", &[("title", "Water")]).await.status, 303, "and forms are not large");

    let [first, second, third, fourth] = under_way;
    third.abort();
    let taken = timeout(Duration::from_secs(10), next).await.expect("its turn came").unwrap();
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert_eq!(site.app.db.subscriptions(cleo.id).await.unwrap().len(), 1);

    let more = timeout(Duration::from_millis(300), send(&ada, stream::iter(pieces(ARTICLE)))).await;
    assert!(more.is_err(), "she has two on their way, whatever is free");
    first.abort();
    assert_eq!(send(&ada, stream::iter(pieces(ARTICLE))).await.status, 200);
    assert_eq!(site.app.db.subscriptions(ada.id).await.unwrap().len(), 1);
    second.abort();
    fourth.abort();
}
