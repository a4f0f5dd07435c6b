//! Exports of other programs over the web: looked at, taken in, reported.

use gleaner::domain::UnixMillis;

use crate::support::database::on_both_databases;
use crate::support::site::TestSite;

const LIST: &[u8] = b"title,url,time_added,tags,status\nTea & rain,https://tea.example/1,1692090439,leaf,unread\n\
                      Old,https://tea.example/2,1692090440,,archive\nBad,javascript:alert(1),1692090441,,unread\n";

on_both_databases! {
    async fn an_export_is_shown_before_it_is_taken_in(site: TestSite) {
        let ada = site.user("ada").await;

        let reply = ada.upload("/settings/import", &[("part_000000.csv", LIST)]).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/settings/import"));
        let preview = ada.get("/settings/import").await.text();
        assert!(preview.contains("Pocket") && preview.contains("New: 2. Not taken: 1."), "{preview}");
        assert!(preview.contains("Tea &#38; rain") || preview.contains("Tea &amp; rain"), "{preview}");
        assert!(!ada.get("/all").await.text().contains("Tea"), "nothing is stored yet");

        assert_eq!(ada.post("/settings/import/run", &[]).await.status, 303);
        let done = ada.get("/settings/import").await.text();
        assert!(done.contains("It is taken in.") && done.contains("Row 3"), "{done}");
        assert!(ada.get("/later").await.text().contains("rain"));

        ada.upload("/settings/import", &[("part_000000.csv", LIST)]).await;
        let again = ada.get("/settings/import").await.text();
        assert!(again.contains("Nothing new is in there") && again.contains("There already: 2."), "{again}");
        assert_eq!(ada.post("/settings/import/forget", &[]).await.status, 303);
        let earlier = ada.get("/settings/import").await.text();
        assert!(earlier.contains("Imports that can be taken back") && !earlier.contains("Nothing new"), "{earlier}");
        site.clock.advance(10 * UnixMillis::MINUTE);
        assert_eq!(ada.get("/settings/import").await.header("location"), "/settings#data");
    }

    async fn a_whole_account_is_downloaded_and_taken_in_by_another(site: TestSite) {
        let ada = site.user("ada").await;
        let bob = site.user("bob").await;
        let article: &[u8] = b"<!--1692092344000-->\n[Tea](https://tea.example/1)\n------\n\n<p>The rain came late.</p>\n";
        ada.upload("/settings/import/articles", &[("Tea Times/1.md", article)]).await;
        assert!(ada.get("/settings").await.text().contains("/settings/account.zip"));

        let file = ada.copy().sending("accept-encoding", "gzip, br").get("/settings/account.zip").await;
        assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "application/zip"));
        assert!(file.header("content-disposition").contains("gleaner-account.zip"));
        bob.upload("/settings/import", &[("anything.bin", &file.bytes)]).await;

        let preview = bob.get("/settings/import").await.text();
        assert!(preview.contains("A whole account") && preview.contains("<p>New: 1.</p>"), "{preview}");
        assert_eq!(bob.post("/settings/import/run", &[]).await.status, 303);
        assert!(bob.get("/settings/import").await.text().contains("It is taken in."));
        let list = bob.get("/all").await.text();
        assert!(list.contains("Tea Times") && list.contains("The rain came late."), "{list}");
        bob.upload("/settings/import", &[("anything.bin", &file.bytes)]).await;
        assert!(bob.get("/settings/import").await.text().contains("Nothing new is in there"));
    }

    async fn what_waits_is_its_readers_alone(site: TestSite) {
        let ada = site.user("ada").await;
        let bob = site.user("bob").await;
        ada.upload("/settings/import", &[("part_000000.csv", LIST)]).await;

        assert_eq!(bob.get("/settings/import").await.status, 303);
        assert_eq!(bob.post("/settings/import/run", &[]).await.status, 303);
        assert!(!bob.get("/all").await.text().contains("rain"));
        assert!(ada.get("/settings/import").await.text().contains("New: 2."));
    }

    async fn what_is_no_export_changes_nothing(site: TestSite) {
        let ada = site.user("ada").await;
        for files in [vec![], vec![("", &b""[..])], vec![("a.bin", &b"\0\x01\x02"[..])]] {
            assert_eq!(ada.upload("/settings/import", &files).await.status, 422);
        }
        assert_eq!(ada.get("/settings/import").await.status, 303);
        let large = vec![b'x'; 32 * 1024 * 1024 + 1];
        assert_eq!(ada.upload("/settings/import", &[("a.csv", &large)]).await.status, 413);
    }
}
