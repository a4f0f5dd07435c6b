//! The Aa panel: what a reader chooses is in the first byte of the next page.

use crate::support::database::on_both_databases;
use crate::support::site::TestSite;

on_both_databases! {
    async fn what_is_chosen_in_the_panel_is_in_the_next_page(site: TestSite) {
        let ada = site.user("ada").await;
        assert!(ada.get("/all").await.text().contains("data-size=\"m\""));
        let form = [("theme", "sepia"), ("size", "xl"), ("face", "sans"), ("leading", "loose"), ("back", "/all")];

        let changed = ada.post("/settings/typography", &form).await;

        assert_eq!(changed.leads_to(), "/all");
        let page = ada.get("/all").await.text();
        for attribute in ["data-theme=\"sepia\"", "data-size=\"xl\"", "data-face=\"sans\"", "data-leading=\"loose\""] {
            assert!(page.contains(attribute), "{attribute}");
        }
        assert!(page.contains("data-width=\"normal\""), "what was not sent stays");
    }

    async fn a_script_gets_nothing_but_the_word_that_it_is_kept(site: TestSite) {
        let ada = site.user("ada").await;
        let script = ada.sending("accept", "application/json");
        assert_eq!(script.post("/settings/typography", &[("size", "s")]).await.status, 204);
        assert!(ada.get("/all").await.text().contains("data-size=\"s\""));
    }

    async fn what_is_not_on_offer_changes_nothing(site: TestSite) {
        let ada = site.user("ada").await;
        ada.post("/settings/typography", &[("size", "huge\" onload=\"x"), ("face", "comic")]).await;
        let page = ada.get("/all").await.text();
        assert!(page.contains("data-size=\"m\"") && page.contains("data-face=\"serif\""));
    }
}
