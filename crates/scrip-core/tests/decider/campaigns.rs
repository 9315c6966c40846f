//! Campaigns from draft to end: S8, who may do what with them.

use scrip_core::{
    campaign::{Channel, Scope, Terms},
    code::{NewCode, SecretNumber},
    command::{
        AddCodes, AddSharedCode, CampaignStep, CancelJob, ChangeCampaign, ClaimBy, ClaimOf, DeleteCampaign,
        MoveCampaign, Outcome, RequestCodes,
    },
    metadata::{Changes, Writer},
    reason::Reason,
    status::{CampaignStatus, PausedBy},
};
use serde_json::{Value, json};

use super::{
    build::{by_seller, code, product, seller, terms},
    world::{World, refused},
};

#[test]
fn what_leaves_the_scope_as_it_is_doesnt_write_it_again() {
    let mut world = World::new();
    let products: Vec<String> = (0..1_000).map(|number| format!("product-{number}")).collect();
    let campaign = world.draft(&json!({"scope": {"products": products, "include_on_sale": true}}));
    let change = |world: &World, patch: &dyn Fn(&mut Terms), metadata: Value| {
        let state = world.state().campaign(campaign).unwrap();
        let mut terms = state.terms.clone();
        patch(&mut terms);
        let metadata = serde_json::from_value(metadata).unwrap();
        ChangeCampaign { campaign, as_seller: None, revision: state.revision, terms, metadata, by: Writer::Operator }
    };
    let scope = world.state().campaign(campaign).unwrap().terms.scope.clone();
    let written = |world: &World| minicbor::to_vec(&world.journal.last().unwrap().event).unwrap().len();

    let renamed = change(&world, &|terms| terms.name = "Another".to_owned(), json!({}));
    world.run(renamed).unwrap();
    assert!(written(&world) < 1_000, "{}", written(&world));
    let attached = change(&world, &|_| (), json!({"erp_id": "C-7"}));
    world.run(attached).unwrap();
    assert!(written(&world) < 1_000, "{}", written(&world));
    let terms = &world.state().campaign(campaign).unwrap().terms;
    assert_eq!((terms.name.as_str(), &terms.scope), ("Another", &scope));

    // Each list by itself: one that is short may change beside one that is long.
    let excluded = change(&world, &|terms| terms.scope.exclude_products = vec![product("product-7")], json!({}));
    world.run(excluded).unwrap();
    assert!(written(&world) < 1_000, "{}", written(&world));
    let included = change(&world, &|terms| terms.scope.exclude_products.clear(), json!({}));
    world.run(included).unwrap();
    assert_eq!(world.state().campaign(campaign).unwrap().terms.scope, scope);

    let narrowed = change(&world, &|terms| terms.scope.products.truncate(900), json!({}));
    world.run(narrowed).unwrap();
    assert!(written(&world) > 9_000);
    assert_eq!(world.state().campaign(campaign).unwrap().terms.scope.products.len(), 900);
    let opened = change(&world, &|terms| terms.scope = Scope::default(), json!({}));
    world.run(opened).unwrap();
    assert_eq!(world.state().campaign(campaign).unwrap().terms.scope, Scope::default());
    world.check_replay();
}

#[test]
fn a_draft_is_deleted_with_its_codes_and_its_jobs() {
    let mut world = World::new();
    let draft = world.draft(&json!({"issuer": by_seller("luma")}));
    world.shared_code(draft, "SAVE10", None);
    let request = RequestCodes { campaign: draft, as_seller: None, count: 3, prefix: None, source: None };
    let Outcome::Job(job) = world.run(request).unwrap() else { panic!("a job") };
    let live = world.campaign(&json!({}));
    let add = || AddSharedCode {
        campaign: live,
        as_seller: None,
        code: code("SAVE10"),
        max_uses: None,
        source: None,
        request: None,
    };
    assert_eq!(refused(world.run(add())), "code_exists");
    let delete = |campaign, by: Option<&str>| DeleteCampaign { campaign, as_seller: by.map(seller) };
    assert_eq!(refused(world.run(delete(draft, Some("tako")))), "not_found");
    assert_eq!(refused(world.run(delete(live, None))), "campaign_state");
    world.run(delete(draft, Some("luma"))).unwrap();
    assert_eq!(refused(world.run(delete(draft, None))), "not_found");
    world.run(add()).unwrap();
    world.activate("ana", "SAVE10").unwrap();
    let more = AddCodes { job, codes: Vec::new(), done_before: 0 };
    world.run(more).unwrap();
    assert!(world.state().job(job).unwrap().cancelled);
    world.check_replay();
}

#[test]
fn a_job_that_is_cancelled_makes_no_more() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"issuer": by_seller("luma")}));
    let request = RequestCodes { campaign, as_seller: None, count: 2, prefix: None, source: None };
    let Outcome::Job(job) = world.run(request).unwrap() else { panic!("a job") };
    let new = |text: &str| NewCode {
        hash: code(text).hash,
        last4: "LAST".to_owned(),
        sealed: vec![1],
        secret: SecretNumber::FIRST,
    };
    world.run(AddCodes { job, codes: vec![new("ACME-1")], done_before: 0 }).unwrap();
    let cancel = |by: &str| CancelJob { job, as_seller: Some(seller(by)) };
    assert_eq!(refused(world.run(cancel("tako"))), "not_found");
    for _ in 0..2 {
        world.run(cancel("luma")).unwrap();
        world.run(AddCodes { job, codes: vec![new("ACME-2")], done_before: 1 }).unwrap();
    }
    assert_eq!(world.state().job(job).unwrap().done, 1);
    world.activate("ana", "ACME-1").unwrap();
}

#[test]
fn whoever_paused_a_campaign_resumes_it_or_somebody_above() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"issuer": by_seller("luma")}));
    let step = |world: &mut World, step, by: Option<&str>| {
        world.run(MoveCampaign { campaign, as_seller: by.map(seller), step }).map(drop)
    };
    let luma = Some("luma");
    step(&mut world, CampaignStep::Pause, luma).unwrap();
    step(&mut world, CampaignStep::Resume, luma).unwrap();
    step(&mut world, CampaignStep::Pause, luma).unwrap();
    assert_eq!(refused(step(&mut world, CampaignStep::Pause, luma)), "campaign_state", "it is paused");
    // The operator's pause is laid over the seller's.
    step(&mut world, CampaignStep::Pause, None).unwrap();
    assert_eq!(refused(step(&mut world, CampaignStep::Pause, None)), "campaign_state");
    assert_eq!(refused(step(&mut world, CampaignStep::Pause, luma)), "campaign_state");
    let refusal = step(&mut world, CampaignStep::Resume, luma).unwrap_err();
    let paused_by = Some(PausedBy::Operator);
    let expected = Reason::CampaignStateForbids { campaign_status: CampaignStatus::Paused, paused_by };
    assert_eq!(refusal.first(), &expected);
    step(&mut world, CampaignStep::Resume, None).unwrap();
    step(&mut world, CampaignStep::Pause, luma).unwrap();
    step(&mut world, CampaignStep::Resume, None).unwrap();
    world.check_replay();
}

#[test]
fn s8_a_campaign_is_closed_by_the_clock_and_opened_by_moving_its_window() {
    let mut world = World::new();
    let closes_at = world.now.plus_minutes(60);
    let window = |ends_at| json!({"starts_at": null, "ends_at": ends_at});
    let campaign = world.campaign(&json!({"claims": window(closes_at)}));
    world.later(60);
    let status = |world: &World| world.state().campaign(campaign).unwrap().status(world.now);
    assert_eq!(status(&world), CampaignStatus::Closed);
    let refusal = world.claim("ana", campaign).unwrap_err();
    assert_eq!(refusal.first(), &Reason::ClaimsNotOpen { starts_at: None, ends_at: Some(closes_at) });
    let request = RequestCodes { campaign, as_seller: None, count: 1, prefix: None, source: None };
    assert_eq!(refused(world.run(request)), "campaign_state");
    let by = ClaimBy::OperatorGrant;
    let grant = ClaimOf::Campaign { campaign, channel: Channel::System, source: None, by };
    assert_eq!(refused(world.claim_of("ana", grant)), "campaign_state");
    let known = world.state().campaign(campaign).unwrap().clone();
    let mut terms = known.terms.clone();
    terms.claims.ends_at = Some(world.now.plus_minutes(1));
    world
        .run(ChangeCampaign {
            campaign,
            as_seller: None,
            revision: known.revision,
            terms,
            metadata: Changes::default(),
            by: Writer::Operator,
        })
        .unwrap();
    assert_eq!(status(&world), CampaignStatus::Live);
    world.claim("ana", campaign).unwrap();

    // A validity that is over can't be moved, and what has one can't be published.
    let ends = world.now.plus_minutes(1);
    let validity = json!({"type": "fixed", "starts_at": "2026-01-01T00:00:00Z", "expires_at": ends});
    let draft = world.draft(&json!({"validity": validity}));
    let other = world.campaign(&json!({"validity": validity}));
    world.later(1);
    assert_eq!(world.state().campaign(other).unwrap().status(world.now), CampaignStatus::Closed);
    assert_eq!(refused(world.step(draft, CampaignStep::Publish)), "validity_over");
    world.step(other, CampaignStep::Pause).unwrap();
    assert_eq!(world.state().campaign(other).unwrap().status(world.now), CampaignStatus::Paused);
    world.step(other, CampaignStep::End).unwrap();
    assert_eq!(world.state().campaign(other).unwrap().status(world.now), CampaignStatus::Ended);
    // Its name may be mended for ever, nothing else.
    let known = world.state().campaign(other).unwrap().clone();
    let mut terms = known.terms.clone();
    terms.name = "Of last year".to_owned();
    let change = |terms, revision| ChangeCampaign {
        campaign: other,
        as_seller: None,
        revision,
        terms,
        metadata: Changes::default(),
        by: Writer::Operator,
    };
    world.run(change(terms.clone(), known.revision)).unwrap();
    terms.limits.stock = Some(9);
    assert_eq!(refused(world.run(change(terms, known.revision + 1))), "campaign_state");
}

#[test]
fn publishing_wants_a_budget() {
    let mut world = World::new();
    let campaign = world.create(terms(&json!({"limits": {"per_individual": 1}}))).unwrap();
    assert_eq!(refused(world.step(campaign, CampaignStep::Publish)), "budget_required");
}

#[test]
fn s8_published_terms_are_frozen_but_for_name_window_channels_and_limits_upward() {
    let mut world = World::new();
    let limits = |stock: i64, budget: i64| json!({"stock": stock, "per_individual": 1, "budget": budget});
    let base = json!({"limits": limits(10, 1000)});
    let campaign = world.campaign(&base);
    let change = |world: &mut World, patch: Value| {
        let mut whole = base.clone();
        for (name, value) in patch.as_object().unwrap() {
            whole[name] = value.clone();
        }
        let revision = world.state().campaign(campaign).unwrap().revision;
        world.run(ChangeCampaign {
            campaign,
            as_seller: None,
            revision,
            terms: terms(&whole),
            metadata: Changes::default(),
            by: Writer::Operator,
        })
    };
    for (patch, code) in [
        (json!({"validity": {"type": "after_claim", "days": 1}}), "validity_is_fixed"),
        (json!({"benefit": {"type": "amount_off", "amount": 501}}), "terms_are_frozen"),
        (json!({"minimum_spend": {"amount": 1}}), "terms_are_frozen"),
        (json!({"stacking": {"exclusive": true}}), "terms_are_frozen"),
        (json!({"refund_policy": {"full_refund": "keep"}}), "terms_are_frozen"),
        (json!({"claims": {"sources": [{"source": "acme", "stock": 1}]}}), "terms_are_frozen"),
        (json!({"limits": limits(9, 1000)}), "limit_may_only_grow"),
        (json!({"limits": limits(10, 999)}), "limit_may_only_grow"),
        (json!({"limits": {"stock": 10, "per_individual": 1}}), "budget_required"),
        (json!({"funding": [{"funder": "seller", "share_bp": 10000}]}), "funder_not_agreed"),
    ] {
        assert_eq!(refused(change(&mut world, patch.clone())), code, "{patch}");
    }
    let revision = world.state().campaign(campaign).unwrap().revision;
    change(&mut world, json!({})).unwrap();
    assert_eq!(world.state().campaign(campaign).unwrap().revision, revision, "nothing changed");
    change(&mut world, json!({"name": "New", "limits": limits(11, 1001), "claims": {"channels": ["web"]}})).unwrap();
    assert_eq!(world.state().campaign(campaign).unwrap().revision, revision + 1);
    let stale = ChangeCampaign {
        campaign,
        as_seller: None,
        revision,
        terms: terms(&base),
        metadata: Changes::default(),
        by: Writer::Operator,
    };
    assert_eq!(refused(world.run(stale)), "precondition_failed");
    world.check_replay();
}

#[test]
fn i7_a_foreign_campaign_is_as_one_that_does_not_exist() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"issuer": by_seller("a")}));
    let as_seller = Some(seller("b"));
    let step = MoveCampaign { campaign, as_seller: as_seller.clone(), step: CampaignStep::Pause };
    assert_eq!(refused(world.run(step)), "not_found");
    let new = terms(&json!({"issuer": by_seller("a")}));
    let change = ChangeCampaign {
        campaign,
        as_seller: as_seller.clone(),
        revision: 2,
        terms: new,
        metadata: Changes::default(),
        by: Writer::Operator,
    };
    assert_eq!(refused(world.run(change)), "not_found");
    let add = AddSharedCode {
        campaign,
        as_seller: as_seller.clone(),
        code: code("SAVE10"),
        max_uses: None,
        source: None,
        request: None,
    };
    assert_eq!(refused(world.run(add)), "not_found");
    let request = RequestCodes { campaign, as_seller, count: 1, prefix: None, source: None };
    assert_eq!(refused(world.run(request)), "not_found");
}
